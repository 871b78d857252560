/**
 * An import larger than the memory it may take: NDJSON made on the fly, 64 MiB of it or `--size` MiB, on the embedded
 * engine and on a Postgres server. Lines are as the product exports them, vectors as arrays of numbers.
 */
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { DIMENSION } from './support/glosses';
import { HttpClient } from './support/http-client';
import { type Figure, report, runBench, type Target } from './support/report';
import { createScratchDatabase } from './support/scratch-database';
import { type BenchServer, startServer } from './support/server';
import { seededRandom } from '../src/common/seeded-random';

const MIB = 2 ** 20;
const DEFAULT_MIB = 64;
const MAX_MIB = 300;
/** Lines of one write: small, so that the generator is never what is measured. */
const LINES_A_CHUNK = 8;

interface ImportReport {
  readonly imported: number;
  readonly failed: number;
}

function* lines(bytes: number): Generator<string> {
  const random = seededRandom(11);
  const line = (row: number): string => {
    const vector = Array.from({ length: DIMENSION }, () => Math.fround(random() - 0.5));
    return `${JSON.stringify({ id: `r${row}`, vector, metadata: { row, tag: `t${row % 10}` } })}\n`;
  };
  for (let sent = 0, row = 0; sent < bytes; row += LINES_A_CHUNK) {
    const chunk = Array.from({ length: LINES_A_CHUNK }, (_, index) => line(row + index)).join('');
    sent += chunk.length;
    yield chunk;
  }
}

async function sendImport({ url, key }: BenchServer, bytes: number): Promise<ImportReport> {
  const outgoing = request(new URL('/v1/collections/large/import', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
  });
  const answered = new Promise<string>((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      answer.setEncoding('utf8');
      answer.toArray().then((parts) => resolve(parts.join('')), reject);
    });
  });
  await pipeline(Readable.from(lines(bytes)), outgoing);
  return JSON.parse(await answered) as ImportReport;
}

async function measure(engine: string, settings: Record<string, string>, sizeMib: number): Promise<Figure[]> {
  const server = await startServer(settings);
  const client = new HttpClient(server);
  try {
    await client.call('PUT', '/v1/collections/large', { dimension: DIMENSION, metric: 'cosine' });
    const before = await server.residentMib();
    await server.forgetPeak();
    const startedAt = performance.now();
    const { imported, failed } = await sendImport(server, sizeMib * MIB);
    const seconds = (performance.now() - startedAt) / 1000;
    if (failed > 0) throw new Error(`${failed} of ${imported + failed} lines were refused`);
    const peak = await server.peakMib();
    const most: Target = { compare: '<', value: MAX_MIB };
    // The embedded engine has its database in the same process: what it takes at rest is a figure of its own.
    const isEmbedded = engine === 'embedded';
    return [
      {
        name: `${engine}: peak resident memory`,
        value: peak,
        unit: 'MiB',
        ...(isEmbedded ? {} : { target: most }),
        reference: { name: 'before the import', value: before },
      },
      {
        name: `${engine}: taken by the import`,
        value: peak - before,
        unit: 'MiB',
        ...(isEmbedded ? { target: most } : {}),
      },
      { name: `${engine}: records a second`, value: imported / seconds, unit: '/s' },
    ];
  } finally {
    client.close();
    await server.stop();
  }
}

async function measureServer(sizeMib: number): Promise<Figure[]> {
  const serverUrl = process.env.ZERODB_TEST_POSTGRES_URL;
  if (!serverUrl) {
    process.stdout.write('import-memory: the server is skipped; it needs ZERODB_TEST_POSTGRES_URL.\n');
    return [];
  }
  const database = await createScratchDatabase(serverUrl);
  try {
    return await measure('server', { ZERODB_POSTGRES_URL: database.url }, sizeMib);
  } finally {
    await database.drop();
  }
}

runBench(async () => {
  const { values } = parseArgs({ options: { size: { type: 'string', default: String(DEFAULT_MIB) } } });
  const sizeMib = Number(values.size);
  if (!(sizeMib > 0)) throw new Error('--size is a number of MiB');
  const figures = [...(await measureServer(sizeMib)), ...(await measure('embedded', {}, sizeMib))];
  await report('import-memory', `Import of ${sizeMib} MiB of NDJSON`, figures);
});
