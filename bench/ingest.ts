/** The main job: the Cranfield abstracts as a folder of documents, ingested by the CLI while others search. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cranfield, loadCranfield } from './retrieval/cranfield';
import { insertAll, searchIds } from './support/collections';
import { dataSetsFolder } from './support/data-sets';
import { HttpClient } from './support/http-client';
import { type Figure, report, runBench } from './support/report';
import { type BenchServer, startServer } from './support/server';
import { percentile } from './support/statistics';

const SETTLED = 200;
const BATCH = 50;
/** A person or an agent who asks ten times a second. */
const PAUSE_MS = 100;

async function writeFolder({ documents }: Cranfield): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'zerodb-bench-'));
  for (const { id, text } of documents) await writeFile(path.join(folder, `${id}.txt`), text);
  return folder;
}

async function ingest(server: BenchServer, folder: string): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['dist/cli.js', 'ingest', folder, '--collection', 'cranfield', '--json'], {
    env: { ...process.env, ZERODB_URL: server.url, ZERODB_API_KEY: server.key },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`zerodb ingest ended with code ${code}`);
  return (performance.now() - startedAt) / 1000;
}

/** Asks questions about a collection that is already there until `isDone`. */
async function searchUntil(
  server: BenchServer,
  questions: readonly string[],
  isDone: () => boolean,
): Promise<number[]> {
  const client = new HttpClient(server);
  const durations: number[] = [];
  while (!isDone()) {
    const text = questions[durations.length % questions.length] ?? '';
    const startedAt = performance.now();
    await searchIds(client, 'settled', { query: { text }, mode: 'hybrid', limit: 10 });
    durations.push(performance.now() - startedAt);
    await sleep(PAUSE_MS);
  }
  client.close();
  return durations;
}

async function measure(cranfield: Cranfield, folder: string): Promise<Figure[]> {
  const server = await startServer();
  const client = new HttpClient(server);
  const questions = cranfield.queries.map(({ text }) => text);
  try {
    await client.call('PUT', '/v1/collections/settled', {});
    await insertAll(
      client,
      'settled',
      SETTLED,
      BATCH,
      (row) => cranfield.documents[row] ?? { id: `r${row}`, text: '-' },
    );
    const quiet = await quietly(server, questions);
    let done = false;
    const searching = searchUntil(server, questions, () => done);
    const seconds = await ingest(server, folder).finally(() => (done = true));
    const durations = await searching;
    return figuresOf(seconds, durations, quiet, cranfield.documents.length);
  } finally {
    client.close();
    await server.stop();
  }
}

const quietly = (server: BenchServer, questions: readonly string[]): Promise<number[]> => {
  let left = 50;
  return searchUntil(server, questions, () => (left -= 1) < 0);
};

const figuresOf = (seconds: number, durations: number[], quiet: number[], documents: number): Figure[] => [
  { name: 'ingested: chunked, embedded, written', value: seconds, unit: 's', target: { compare: '<', value: 90 } },
  { name: 'documents a second', value: documents / seconds, unit: '/s' },
  {
    name: 'hybrid search meanwhile, p95',
    value: percentile(durations, 0.95),
    unit: 'ms',
    target: { compare: '<', value: 50 },
    reference: { name: 'with nothing else going on', value: percentile(quiet, 0.95) },
  },
  { name: 'hybrid search meanwhile, p50', value: percentile(durations, 0.5), unit: 'ms' },
];

runBench(async () => {
  const cranfield = loadCranfield(dataSetsFolder());
  if (!cranfield) {
    process.stdout.write('ingest: skipped; it needs the data set "cranfield" in ZERODB_DATA_SETS.\n');
    return;
  }
  const folder = await writeFolder(cranfield);
  try {
    await report(
      'ingest',
      `${cranfield.documents.length} Cranfield abstracts, embedded product`,
      await measure(cranfield, folder),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
