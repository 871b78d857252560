/** A Postgres server behind the API: 100,000 real sentence embeddings, recall against the exact neighbours. */
import { insertAll, recall, searchIds, toBase64, untilIndexed } from './support/collections';
import { DIMENSION, type Glosses, loadGlosses } from './support/glosses';
import { HttpClient } from './support/http-client';
import { type Figure, report, runBench } from './support/report';
import { timeSameSql } from './support/same-sql';
import { createScratchDatabase } from './support/scratch-database';
import { startServer } from './support/server';
import { mean, percentile, timeEach } from './support/statistics';

const COLLECTION = 'glosses';
const BATCH = 1_000;
const LIMIT = 10;
const WARM_UP = 200;
const FILTERED_QUERIES = 200;
const INDEX_MS = 1_800_000;
/** Residues of the row number: what is filtered by has nothing to do with the vectors, the hardest case for a graph. */
const FILTERS = [
  { name: '1 %', field: 'hundredth', modulus: 100, value: 7 },
  { name: '10 %', field: 'tenth', modulus: 10, value: 7 },
];

const idOf = (row: number): string => `g${row}`;

async function load(
  client: HttpClient,
  { vectors, texts }: Glosses,
): Promise<{ seconds: number; indexSeconds: number }> {
  const indexes = FILTERS.map(({ field }) => ({ field, type: 'number' }));
  await client.call('PUT', `/v1/collections/${COLLECTION}`, { dimension: DIMENSION, metric: 'cosine', indexes });
  const seconds = await insertAll(client, COLLECTION, vectors.length, BATCH, (row) => ({
    id: idOf(row),
    vector: toBase64(vectors[row] ?? new Float32Array(DIMENSION)),
    text: texts[row] ?? '',
    metadata: Object.fromEntries(FILTERS.map(({ field, modulus }) => [field, row % modulus])),
  }));
  return { seconds, indexSeconds: await untilIndexed(client, COLLECTION, INDEX_MS) };
}

const searchBody = (query: Float32Array, filter?: Record<string, unknown>): unknown => ({
  query: { vector: toBase64(query) },
  limit: LIMIT,
  ...(filter && { filter }),
});

async function measurePlain(client: HttpClient, { queries, neighbours }: Glosses, url: string): Promise<Figure[]> {
  const search = (query: Float32Array): Promise<string[]> => searchIds(client, COLLECTION, searchBody(query));
  await timeEach(queries.slice(0, WARM_UP), search);
  const { durations, answers } = await timeEach(queries, search);
  const found = mean(answers.map((ids, index) => recall(ids, nearestIds(neighbours[index]))));
  const p50 = percentile(durations, 0.5);
  const plain = percentile(await timeSameSql(url, queries, LIMIT, WARM_UP), 0.5);
  const reference = { name: 'same SQL, plain pg', value: plain };
  return [
    { name: 'recall@10', value: found, unit: '', target: { compare: '>=', value: 0.98 } },
    { name: 'search p50, one client', value: p50, unit: 'ms', target: { compare: '<', value: 6 }, reference },
    { name: 'search p99, one client', value: percentile(durations, 0.99), unit: 'ms' },
    { name: 'HTTP overhead, p50', value: p50 - plain, unit: 'ms', target: { compare: '<', value: 0.8 } },
  ];
}

const nearestIds = (rows: Uint32Array | undefined): string[] => Array.from((rows ?? []).slice(0, LIMIT), idOf);

async function measureFiltered(
  client: HttpClient,
  glosses: Glosses,
  filter: (typeof FILTERS)[number],
): Promise<Figure[]> {
  const { name, field, modulus, value } = filter;
  const queries = glosses.queries.slice(0, FILTERED_QUERIES);
  const search = (query: Float32Array): Promise<string[]> =>
    searchIds(client, COLLECTION, searchBody(query, { [field]: value }));
  const { durations, answers } = await timeEach(queries, search);
  const rows = glosses.vectors.flatMap((vector, row) => (row % modulus === value ? [{ row, vector }] : []));
  const found = mean(answers.map((ids, index) => recall(ids, exactNearest(queries[index], rows))));
  const full = answers.filter((ids) => ids.length === LIMIT).length / answers.length;
  return [
    { name: `filter of ${name}: recall@10`, value: found, unit: '', target: { compare: '>=', value: 0.95 } },
    { name: `filter of ${name}: full answers`, value: full, unit: '', target: { compare: '>=', value: 1 } },
    { name: `filter of ${name}: p50`, value: percentile(durations, 0.5), unit: 'ms' },
  ];
}

function exactNearest(
  query: Float32Array | undefined,
  rows: readonly { row: number; vector: Float32Array }[],
): string[] {
  const scored = rows.map(({ row, vector }) => ({ row, score: cosine(query ?? new Float32Array(DIMENSION), vector) }));
  return scored
    .sort((a, b) => b.score - a.score || a.row - b.row)
    .slice(0, LIMIT)
    .map(({ row }) => idOf(row));
}

function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let lengthA = 0;
  let lengthB = 0;
  for (let index = 0; index < a.length; index += 1) {
    const x = a[index] ?? 0;
    const y = b[index] ?? 0;
    product += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return product / Math.sqrt(lengthA * lengthB);
}

async function measure(glosses: Glosses, url: string): Promise<void> {
  const server = await startServer({ ZERODB_POSTGRES_URL: url });
  const client = new HttpClient(server);
  try {
    const { seconds, indexSeconds } = await load(client, glosses);
    const figures: Figure[] = [
      { name: 'inserts over HTTP, batches of 1,000 with text', value: glosses.vectors.length / seconds, unit: '/s' },
      { name: 'index complete after the last insert', value: indexSeconds, unit: 's' },
      ...(await measurePlain(client, glosses, url)),
    ];
    for (const filter of FILTERS) figures.push(...(await measureFiltered(client, glosses, filter)));
    const count = glosses.vectors.length.toLocaleString('en');
    await report('http-server', `Postgres server, ${count} x ${DIMENSION} sentence embeddings`, figures);
  } finally {
    client.close();
    await server.stop();
  }
}

runBench(async () => {
  const serverUrl = process.env.ZERODB_TEST_POSTGRES_URL;
  const glosses = serverUrl ? loadGlosses() : undefined;
  if (!serverUrl || !glosses) {
    process.stdout.write('http-server: skipped; it needs ZERODB_TEST_POSTGRES_URL and the data set "glosses".\n');
    return;
  }
  const database = await createScratchDatabase(serverUrl);
  try {
    await measure(glosses, database.url);
  } finally {
    await database.drop();
  }
});
