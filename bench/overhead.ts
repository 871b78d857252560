/** What ZeroDB costs on top of Qdrant: the same searches, the same Qdrant, directly and through the API, in turns. */
import { untilServedByQdrant } from './support/attach';
import { insertAll, toBase64 } from './support/collections';
import { DIMENSION, type Glosses, loadGlosses } from './support/glosses';
import { HttpClient } from './support/http-client';
import { DirectQdrant } from './support/qdrant';
import { type Figure, report, runBench } from './support/report';
import { createScratchDatabase } from './support/scratch-database';
import { type BenchServer, startServer } from './support/server';
import { percentile, timeEach } from './support/statistics';

const COLLECTION = 'glosses';
const RECORDS = 50_000;
const LIMIT = 10;
const ROUNDS = 6;
const PER_ROUND = 150;
const CLIENTS = 16;
const THROUGHPUT_MS = 5_000;
const ATTACH_MS = 600_000;

type Search = (query: Float32Array) => Promise<unknown>;

interface Ways {
  readonly direct: Search;
  readonly strong: Search;
  readonly eventual: Search;
}

const WAYS = ['direct', 'strong', 'eventual'] as const;

async function load(client: HttpClient, { vectors, texts }: Glosses): Promise<void> {
  await client.call('PUT', `/v1/collections/${COLLECTION}`, { dimension: DIMENSION, metric: 'cosine' });
  await insertAll(client, COLLECTION, RECORDS, 1_000, (row) => ({
    id: `g${row}`,
    vector: toBase64(vectors[row] ?? new Float32Array(DIMENSION)),
    metadata: { row, gloss: texts[row] ?? '' },
  }));
}

const bodyOf = (query: Float32Array, consistency: 'strong' | 'eventual'): unknown => ({
  query: { vector: toBase64(query) },
  limit: LIMIT,
  include: ['metadata'],
  consistency,
});

function waysTo(client: HttpClient, qdrant: DirectQdrant, copy: string): Ways {
  const through = (consistency: 'strong' | 'eventual') => (query: Float32Array) =>
    client.call('POST', `/v1/collections/${COLLECTION}/search`, bodyOf(query, consistency));
  return {
    direct: (query) =>
      qdrant.call('POST', `/collections/${copy}/points/query`, {
        query: Array.from(query),
        limit: LIMIT,
        params: { hnsw_ef: 128 },
        with_payload: ['id', 'version', 'metadata'],
      }),
    strong: through('strong'),
    eventual: through('eventual'),
  };
}

/** In turns, so that whatever else the machine does happens to all of them. Medians of all rounds together. */
async function latencies(ways: Ways, queries: readonly Float32Array[]): Promise<Record<keyof Ways, number>> {
  const durations: Record<keyof Ways, number[]> = { direct: [], strong: [], eventual: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const some = queries.slice((round % 5) * PER_ROUND, (round % 5) * PER_ROUND + PER_ROUND);
    for (const way of WAYS) {
      const timed = await timeEach(some, ways[way]);
      // The first round warms up.
      if (round > 0) durations[way].push(...timed.durations);
    }
  }
  return {
    direct: percentile(durations.direct, 0.5),
    strong: percentile(durations.strong, 0.5),
    eventual: percentile(durations.eventual, 0.5),
  };
}

async function throughput(searches: readonly Search[], queries: readonly Float32Array[]): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  const client = async (search: Search, offset: number): Promise<void> => {
    for (let turn = offset; performance.now() - startedAt < THROUGHPUT_MS; turn += 1) {
      await search(queries[turn % queries.length] ?? new Float32Array(DIMENSION));
      done += 1;
    }
  };
  await Promise.all(searches.map((search, index) => client(search, index * 37)));
  return done / ((performance.now() - startedAt) / 1000);
}

async function throughputs(
  all: readonly Ways[],
  queries: readonly Float32Array[],
): Promise<Record<keyof Ways, number>> {
  const result = { direct: 0, strong: 0, eventual: 0 };
  for (const way of WAYS) {
    result[way] = await throughput(
      all.map((ways) => ways[way]),
      queries,
    );
  }
  return result;
}

async function measure(glosses: Glosses, server: BenchServer, qdrantUrl: string, prefix: string): Promise<void> {
  const clients = Array.from({ length: CLIENTS }, () => new HttpClient(server));
  const [client] = clients as [HttpClient, ...HttpClient[]];
  const qdrant = new DirectQdrant(qdrantUrl);
  try {
    await load(client, glosses);
    const [query = new Float32Array(DIMENSION)] = glosses.queries;
    const attached = await untilServedByQdrant(client, COLLECTION, bodyOf(query, 'strong'), ATTACH_MS);
    const copy = (await qdrant.collections(`${prefix}_`)).find((name) => !name.endsWith('_mark')) ?? '';
    const indexed = await qdrant.untilIndexed(copy, ATTACH_MS);
    const all = clients.map((one) => waysTo(one, qdrant, copy));
    const p50 = await latencies(all[0] as Ways, glosses.queries);
    const rate = await throughputs(all, glosses.queries);
    const figures: Figure[] = [
      { name: 'caught up after the last insert', value: attached, unit: 's' },
      { name: 'indexed by Qdrant after that', value: indexed, unit: 's' },
      { name: 'Qdrant directly, p50, one client', value: p50.direct, unit: 'ms' },
      figure('strong adds at p50', p50.strong - p50.direct, 'ms', '<=', 1.2, p50),
      figure('eventual adds at p50', p50.eventual - p50.direct, 'ms', '<=', 0.6, p50),
      { name: `Qdrant directly, ${CLIENTS} clients`, value: rate.direct, unit: '/s' },
      share('strong', rate.strong, rate.direct, 0.5),
      share('eventual', rate.eventual, rate.direct, 0.65),
    ];
    await report('overhead', `On top of Qdrant: ${RECORDS} x ${DIMENSION}, top ${LIMIT} with metadata`, figures);
  } finally {
    for (const one of clients) one.close();
    await qdrant.close();
  }
}

const figure = (
  name: string,
  value: number,
  unit: string,
  compare: '<=',
  target: number,
  p50: Record<keyof Ways, number>,
): Figure => ({
  name,
  value,
  unit,
  target: { compare, value: target },
  reference: { name: 'Qdrant directly', value: p50.direct },
});

const share = (name: string, rate: number, direct: number, target: number): Figure => ({
  name: `${name}: share of direct throughput, ${CLIENTS} clients`,
  value: rate / direct,
  unit: '',
  target: { compare: '>=', value: target },
});

runBench(async () => {
  const { ZERODB_TEST_POSTGRES_URL: postgresUrl, ZERODB_TEST_QDRANT_URL: qdrantUrl } = process.env;
  const glosses = postgresUrl && qdrantUrl ? loadGlosses() : undefined;
  if (!postgresUrl || !qdrantUrl || !glosses) {
    process.stdout.write('overhead: skipped; it needs a Postgres server, Qdrant and the data set "glosses".\n');
    return;
  }
  const prefix = `bench${process.pid}`;
  const database = await createScratchDatabase(postgresUrl);
  const settings = { ZERODB_POSTGRES_URL: database.url, ZERODB_QDRANT_URL: qdrantUrl, ZERODB_QDRANT_PREFIX: prefix };
  const server = await startServer(settings);
  try {
    await measure(glosses, server, qdrantUrl, prefix);
  } finally {
    await server.stop();
    await database.drop();
    const qdrant = new DirectQdrant(qdrantUrl);
    for (const name of await qdrant.collections(`${prefix}_`)) await qdrant.call('DELETE', `/collections/${name}`);
    await qdrant.close();
  }
});
