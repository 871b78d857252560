/** The embedded engine over HTTP at one client: 10,000 records of 384 dimensions. */
import { insertAll, searchIds, toBase64, untilIndexed } from './support/collections';
import { DIMENSION, loadGlosses } from './support/glosses';
import { HttpClient } from './support/http-client';
import { type Figure, report, runBench } from './support/report';
import { startServer } from './support/server';
import { percentile, timeEach } from './support/statistics';
import { seededRandom } from '../src/common/seeded-random';

const RECORDS = 10_000;
const BATCH = 250;
const QUERIES = 1_000;
const WARM_UP = 100;
const INDEX_MS = 300_000;

interface Vectors {
  readonly kind: string;
  readonly records: readonly Float32Array[];
  readonly queries: readonly Float32Array[];
}

/** Real embeddings where the data set is there; otherwise clustered random ones, and the title says so. */
function loadVectors(): Vectors {
  const glosses = loadGlosses();
  if (glosses) return { kind: 'sentence embeddings', records: glosses.vectors, queries: glosses.queries };
  const random = seededRandom(7);
  const centres = Array.from({ length: 100 }, () => Array.from({ length: DIMENSION }, () => random() - 0.5));
  const draw = (): Float32Array => {
    const centre = centres[Math.floor(random() * centres.length)] ?? [];
    return Float32Array.from(centre, (value) => value + (random() - 0.5) * 0.5);
  };
  const make = (count: number): Float32Array[] => Array.from({ length: count }, draw);
  return { kind: 'clustered random vectors', records: make(RECORDS), queries: make(QUERIES) };
}

async function measure(client: HttpClient, { records, queries }: Vectors): Promise<Figure[]> {
  await client.call('PUT', '/v1/collections/bench', { dimension: DIMENSION, metric: 'cosine' });
  const empty = new Float32Array(DIMENSION);
  const insertSeconds = await insertAll(client, 'bench', RECORDS, BATCH, (row) => ({
    id: `r${row}`,
    vector: Array.from(records[row] ?? empty),
    metadata: { row },
  }));
  const search = (query: Float32Array): Promise<string[]> =>
    searchIds(client, 'bench', { query: { vector: toBase64(query) }, limit: 10 });
  const scanned = await timeEach(queries.slice(0, WARM_UP), search);
  const indexSeconds = await untilIndexed(client, 'bench', INDEX_MS);
  await timeEach(queries.slice(0, WARM_UP), search);
  const { durations } = await timeEach(queries.slice(0, QUERIES), search);
  return [
    {
      name: 'inserts over HTTP, batches of 250',
      value: RECORDS / insertSeconds,
      unit: '/s',
      target: { compare: '>=', value: 1500 },
    },
    {
      name: 'search p50, one client',
      value: percentile(durations, 0.5),
      unit: 'ms',
      target: { compare: '<', value: 4 },
    },
    {
      name: 'search p99, one client',
      value: percentile(durations, 0.99),
      unit: 'ms',
      target: { compare: '<', value: 10 },
    },
    { name: 'search p50 while the index is being built', value: percentile(scanned.durations, 0.5), unit: 'ms' },
    { name: 'index built after the last insert', value: indexSeconds, unit: 's' },
  ];
}

runBench(async () => {
  const vectors = loadVectors();
  const server = await startServer();
  const client = new HttpClient(server);
  try {
    const figures = await measure(client, vectors);
    await report('http-embedded', `Embedded engine, ${RECORDS} x ${DIMENSION} (${vectors.kind})`, figures);
  } finally {
    client.close();
    await server.stop();
  }
});
