/**
 * What a repeated search costs: two replicas on one database, one that keeps answers and one that does not, asked in turns. And
 * what searches that are never repeated pay for it.
 */
import { insertAll, toBase64, untilIndexed } from './support/collections';
import { DIMENSION, type Glosses, loadGlosses } from './support/glosses';
import { HttpClient } from './support/http-client';
import { type Figure, report, runBench } from './support/report';
import { createScratchDatabase } from './support/scratch-database';
import { type BenchServer, startServer } from './support/server';
import { percentile, timeEach } from './support/statistics';

const COLLECTION = 'glosses';
const RECORDS = 20_000;
const ROUNDS = 12;
const PER_ROUND = 60;
const CLIENTS = 16;
const THROUGHPUT_MS = 4_000;
const INDEXED_MS = 300_000;

type Search = (query: Float32Array) => Promise<{ readonly cached?: true }>;

const searchBy =
  (client: HttpClient): Search =>
  (query) =>
    client.call('POST', `/v1/collections/${COLLECTION}/search`, {
      query: { vector: toBase64(query) },
      include: ['metadata'],
    });

async function load(client: HttpClient, { vectors, texts }: Glosses): Promise<void> {
  await client.call('PUT', `/v1/collections/${COLLECTION}`, { dimension: DIMENSION, metric: 'cosine' });
  await insertAll(client, COLLECTION, RECORDS, 500, (row) => ({
    id: `g${row}`,
    vector: toBase64(vectors[row] ?? new Float32Array(DIMENSION)),
    metadata: { row, gloss: texts[row] ?? '' },
  }));
  await untilIndexed(client, COLLECTION, INDEXED_MS);
}

/** Another vector next to it, which nobody has asked for. */
const moved = (query: Float32Array, step: number): Float32Array =>
  query.map((value, at) => value + (at === step % DIMENSION ? 1e-3 * (1 + step) : 0));

interface Medians {
  readonly floor: number;
  readonly repeated: number;
  readonly carriedOut: number;
  readonly newWith: number;
  readonly newWithout: number;
}

/** In turns, so that whatever else the machine does happens to all of them. */
async function medians(keeping: HttpClient, plain: HttpClient, queries: readonly Float32Array[]): Promise<Medians> {
  const ways: Record<keyof Medians, (query: Float32Array, step: number) => Promise<unknown>> = {
    floor: () => keeping.call('GET', '/health'),
    repeated: searchBy(keeping),
    carriedOut: searchBy(plain),
    newWith: (query, step) => searchBy(keeping)(moved(query, step)),
    newWithout: (query, step) => searchBy(plain)(moved(query, step)),
  };
  const durations: Record<string, number[]> = {};
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [way, ask] of Object.entries(ways)) {
      const timed = await timeEach(queries, (query, index) => ask(query, round * queries.length + index));
      // The first round warms up.
      if (round > 0) (durations[way] ??= []).push(...timed.durations);
    }
  }
  const median = (way: keyof Medians): number => percentile(durations[way] ?? [], 0.5);
  return {
    floor: median('floor'),
    repeated: median('repeated'),
    carriedOut: median('carriedOut'),
    newWith: median('newWith'),
    newWithout: median('newWithout'),
  };
}

async function throughput(clients: readonly HttpClient[], queries: readonly Float32Array[]): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  const work = async (client: HttpClient, offset: number): Promise<void> => {
    for (let turn = offset; performance.now() - startedAt < THROUGHPUT_MS; turn += 1) {
      await searchBy(client)(queries[turn % queries.length] ?? new Float32Array(DIMENSION));
      done += 1;
    }
  };
  await Promise.all(clients.map((client, index) => work(client, index * 7)));
  return done / ((performance.now() - startedAt) / 1000);
}

async function measure(glosses: Glosses, keeping: BenchServer, plain: BenchServer): Promise<void> {
  const clientsOf = (server: BenchServer): HttpClient[] =>
    Array.from({ length: CLIENTS }, () => new HttpClient(server));
  const [ofKeeping, ofPlain] = [clientsOf(keeping), clientsOf(plain)];
  const [one, other] = [ofKeeping[0], ofPlain[0]] as [HttpClient, HttpClient];
  try {
    await load(one, glosses);
    const queries = glosses.queries.slice(0, PER_ROUND);
    const p50 = await medians(one, other, queries);
    const rates = { repeated: await throughput(ofKeeping, queries), carriedOut: await throughput(ofPlain, queries) };
    const figures: Figure[] = [
      { name: 'an empty request (/health), p50', value: p50.floor, unit: 'ms' },
      { name: 'carried out each time, p50', value: p50.carriedOut, unit: 'ms' },
      { name: 'repeated, p50', value: p50.repeated, unit: 'ms', target: { compare: '<=', value: 0.5 } },
      { name: 'repeated, share of carried out', value: p50.repeated / p50.carriedOut, unit: '' },
      {
        name: 'never repeated, beside a replica that keeps nothing, p50',
        value: p50.newWith / p50.newWithout,
        unit: '',
      },
      {
        name: `repeated, times the throughput of carried out, ${CLIENTS} clients`,
        value: rates.repeated / rates.carriedOut,
        unit: '',
      },
      { name: `repeated, ${CLIENTS} clients`, value: rates.repeated, unit: '/s' },
    ];
    await report('repeated', `Repeated searches: ${RECORDS} x ${DIMENSION} in Postgres`, figures);
  } finally {
    for (const client of [...ofKeeping, ...ofPlain]) client.close();
  }
}

runBench(async () => {
  const { ZERODB_TEST_POSTGRES_URL: postgresUrl } = process.env;
  const glosses = postgresUrl ? loadGlosses() : undefined;
  if (!postgresUrl || !glosses) {
    process.stdout.write('repeated: skipped; it needs a Postgres server and the data set "glosses".\n');
    return;
  }
  const database = await createScratchDatabase(postgresUrl);
  const settings = { ZERODB_POSTGRES_URL: database.url };
  const keeping = await startServer({ ...settings, ZERODB_SEARCH_CACHE_MB: '32' });
  const plain = await startServer(settings);
  try {
    await measure(glosses, keeping, plain);
  } finally {
    await Promise.all([keeping.stop(), plain.stop()]);
    await database.drop();
  }
});
