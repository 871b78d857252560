import { seededRandom } from '../src/common/seeded-random';
import { openGraphServer, type GraphServer } from '../test/support/graph';
import { report, runBench, type Figure } from './support/report';
import { percentile, timeEach } from './support/statistics';

/** A graph of 100,000 nodes and 500,000 edges on a Postgres server, over HTTP: how long questions take. */
const NODES = 100_000;
const EDGES = 500_000;
const BATCH = 10_000;
const QUESTIONS = 200;
const GRAPH = '/v1/graphs/bench';

type Random = () => number;

async function bench(): Promise<void> {
  if (!process.env['ZERODB_TEST_POSTGRES_URL']) return void process.stdout.write('Needs ZERODB_TEST_POSTGRES_URL.\n');
  const server = await openGraphServer('server');
  try {
    const random = seededRandom(67);
    const loadS = await load(server, random);
    await report('graph', `A graph of ${NODES} nodes and ${EDGES} edges`, [
      { name: 'nodes and edges stored a second', value: (NODES + EDGES) / loadS, unit: '/s' },
      ...(await measured(server, random)),
    ]);
  } finally {
    await server.stop();
  }
}

async function load({ must }: GraphServer, random: Random): Promise<number> {
  const startedAt = performance.now();
  await must(GRAPH, 'PUT', {});
  for (let from = 0; from < NODES; from += BATCH) {
    const nodes = numbered(from, (n) => ({ id: `n${n}`, labels: ['Thing'], properties: { group: n % 10 } }));
    await must(`${GRAPH}/nodes`, 'POST', { nodes });
  }
  for (let from = 0; from < EDGES; from += BATCH) {
    const edges = numbered(from, (n) => ({ id: `e${n}`, ...edgeOf(random) }));
    await must(`${GRAPH}/edges`, 'POST', { edges });
  }
  return (performance.now() - startedAt) / 1_000;
}

const numbered = (from: number, make: (n: number) => object): object[] =>
  Array.from({ length: BATCH }, (_, index) => make(from + index));

const edgeOf = (random: Random): object => ({
  source: nodeOf(random),
  target: nodeOf(random),
  type: random() < 0.5 ? 'knows' : 'likes',
  weight: 1 + Math.floor(random() * 10),
});

const nodeOf = (random: Random): string => `n${Math.floor(random() * NODES)}`;

/** Each question, with its target in milliseconds. */
async function measured(server: GraphServer, random: Random): Promise<Figure[]> {
  const filter = { group: { $lt: 8 } };
  const ends = (): object => ({ from: nodeOf(random), to: nodeOf(random) });
  return [
    ...(await timed(server, '3 hops with a filter', 'traverse', 100, () => ({
      ids: [nodeOf(random)],
      max_depth: 3,
      limit: 1_000,
      filter,
    }))),
    ...(await timed(server, '3 hops either way with a filter', 'traverse', undefined, () => ({
      ...{ ids: [nodeOf(random)], max_depth: 3, limit: 1_000, filter, direction: 'both' },
    }))),
    ...(await timed(server, 'shortest path', 'paths', 150, ends)),
    ...(await timed(server, 'weighted shortest path', 'paths', undefined, () => ({ ...ends(), weighted: true }))),
    ...(await timed(server, '5 shortest paths', 'paths', undefined, () => ({
      ...ends(),
      mode: 'k_shortest',
      limit: 5,
    }))),
    ...(await timed(server, 'neighbours', 'neighbors', undefined, () => ({ id: nodeOf(random), filter }))),
  ];
}

async function timed(
  { must }: GraphServer,
  name: string,
  question: string,
  target: number | undefined,
  make: () => object,
): Promise<Figure[]> {
  const bodies = Array.from({ length: QUESTIONS }, make);
  const { durations, answers } = await timeEach(bodies, (body) => must(`${GRAPH}/${question}`, 'POST', body));
  const truncated = answers.filter((answer) => answer['truncated'] === true).length;
  if (truncated > 0) process.stdout.write(`${name}: ${truncated} of ${QUESTIONS} answers were truncated\n`);
  return [
    { name: `${name}, p50`, value: percentile(durations, 0.5), unit: 'ms' },
    {
      ...{ name: `${name}, p95`, value: percentile(durations, 0.95), unit: 'ms' },
      ...(target === undefined ? {} : { target: { compare: '<' as const, value: target } }),
    },
  ];
}

runBench(bench);
