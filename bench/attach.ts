/** Qdrant attached to an installation that has data already: how long until it is copied, compared, and serves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { untilServedByQdrant } from './support/attach';
import { insertAll, toBase64 } from './support/collections';
import { DIMENSION, type Glosses, loadGlosses } from './support/glosses';
import { HttpClient } from './support/http-client';
import { DirectQdrant } from './support/qdrant';
import { type Figure, report, runBench } from './support/report';
import { createScratchDatabase } from './support/scratch-database';
import { startServer } from './support/server';
import { percentile } from './support/statistics';

const COLLECTION = 'glosses';
const LIMIT_MS = 900_000;
const WRITES = 5_000;
const PER_SECOND = 500;
const BATCH = 25;

const recordOf = ({ vectors, texts }: Glosses, row: number, id = `g${row}`) => ({
  id,
  vector: toBase64(vectors[row % vectors.length] ?? new Float32Array(DIMENSION)),
  metadata: { row, gloss: texts[row % texts.length] ?? '' },
});

/** Seconds that Qdrant's lag reached while `PER_SECOND` records a second were written, sampled every 100 ms. */
async function lagUnderWrites(client: HttpClient, watcher: HttpClient, glosses: Glosses): Promise<number[]> {
  const lags: number[] = [];
  let isWriting = true;
  const watching = (async () => {
    while (isWriting) {
      const service = await watcher.call<{ lag?: { seconds: number } | null }>('GET', '/v1/services/qdrant');
      lags.push(service.lag?.seconds ?? 0);
      await sleep(100);
    }
  })();
  const startedAt = performance.now();
  for (let written = 0; written < WRITES; written += BATCH) {
    const records = Array.from({ length: BATCH }, (_, index) =>
      recordOf(glosses, written + index, `w${written + index}`),
    );
    await client.call('PUT', `/v1/collections/${COLLECTION}/records`, { records });
    await sleep(Math.max(0, ((written + BATCH) / PER_SECOND) * 1_000 - (performance.now() - startedAt)));
  }
  isWriting = false;
  await watching;
  return lags;
}

async function measure(glosses: Glosses, postgresUrl: string, qdrantUrl: string, prefix: string): Promise<Figure[]> {
  const alone = await startServer({ ZERODB_POSTGRES_URL: postgresUrl });
  const writer = new HttpClient(alone);
  await writer.call('PUT', `/v1/collections/${COLLECTION}`, { dimension: DIMENSION, metric: 'cosine' });
  await insertAll(writer, COLLECTION, glosses.vectors.length, 1_000, (row) => recordOf(glosses, row));
  writer.close();
  await alone.stop();
  const settings = { ZERODB_POSTGRES_URL: postgresUrl, ZERODB_QDRANT_URL: qdrantUrl, ZERODB_QDRANT_PREFIX: prefix };
  const server = await startServer(settings);
  const client = new HttpClient(server);
  const watcher = new HttpClient(server);
  try {
    const [query = new Float32Array(DIMENSION)] = glosses.queries;
    const search = { query: { vector: toBase64(query) } };
    const seconds = await untilServedByQdrant(client, COLLECTION, search, LIMIT_MS);
    const lags = await lagUnderWrites(client, watcher, glosses);
    return [
      { name: 'copied, compared, serving', value: seconds, unit: 's', target: { compare: '<', value: 180 } },
      { name: 'records copied a second', value: glosses.vectors.length / seconds, unit: '/s' },
      {
        name: `lag under ${PER_SECOND} writes/s, p95`,
        value: percentile(lags, 0.95),
        unit: 's',
        target: { compare: '<', value: 1 },
      },
    ];
  } finally {
    client.close();
    watcher.close();
    await server.stop();
  }
}

runBench(async () => {
  const { ZERODB_TEST_POSTGRES_URL: postgresUrl, ZERODB_TEST_QDRANT_URL: qdrantUrl } = process.env;
  const glosses = postgresUrl && qdrantUrl ? loadGlosses() : undefined;
  if (!postgresUrl || !qdrantUrl || !glosses) {
    process.stdout.write('attach: skipped; it needs a Postgres server, Qdrant and the data set "glosses".\n');
    return;
  }
  const prefix = `attach${process.pid}`;
  const database = await createScratchDatabase(postgresUrl);
  try {
    const figures = await measure(glosses, database.url, qdrantUrl, prefix);
    await report('attach', `Qdrant attached to ${glosses.vectors.length.toLocaleString('en')} records`, figures);
  } finally {
    await database.drop();
    const qdrant = new DirectQdrant(qdrantUrl);
    for (const name of await qdrant.collections(`${prefix}_`)) await qdrant.call('DELETE', `/collections/${name}`);
    await qdrant.close();
  }
});
