import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clientOf } from '../support/http';

const KEY = 'zdb_root_of-the-statements-tests-0123456789';

/** Real: the product on the embedded engine. Its database is wrapped, to count what it is asked. */
describe('statements behind a query', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-statements-'));
  let child: ChildProcess;
  let url: string;

  const message = async <T>(): Promise<T> =>
    new Promise((resolve) => child.once('message', (value) => resolve(value as T)));

  beforeAll(async () => {
    const env = {
      ...process.env,
      ZERODB_DATA_DIR: folder,
      ZERODB_PORT: '0',
      ZERODB_ROOT_KEY: KEY,
      ZERODB_LOG_LEVEL: 'error',
    };
    child = fork(path.join(__dirname, '..', 'support', 'counted-server.js'), {
      env,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    ({ url } = await message<{ url: string }>());
    const collections = Array.from(
      { length: 12 },
      (_, at) => `c${at}: putCollection(collection: "c${at}", dimension: 2) { name }`,
    );
    await run(`mutation { ${collections.join(' ')} }`);
    const records = Array.from({ length: 40 }, (_, at) => `{ id: "r${at}", vector: [1, ${at}] }`);
    await run(`mutation { upsertRecords(collection: "c0", records: [${records.join(' ')}]) { upserted } }`);
    await run(`mutation { putBucket(bucket: "b") { name } putTopic(topic: "t") { name } }`);
    for (let at = 0; at < 10; at += 1)
      await clientOf(url)(`/v1/files/b/f${at}`, { method: 'PUT', key: KEY, raw: `${at}` });
    const events = Array.from({ length: 30 }, () => '{ type: "a.b" }');
    await run(`mutation { publishEvents(topic: "t", events: [${events.join(' ')}]) { offset } }`);
  });

  afterAll(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (query: string): Promise<Record<string, unknown>> => {
    const { json } = await clientOf(url)('/graphql', { key: KEY, body: { query } });
    expect(json.errors).toBeUndefined();
    return json.data as Record<string, unknown>;
  };

  const counted = async (): Promise<number> => {
    const answer = message<{ statements: number }>();
    child.send('count');
    return (await answer).statements;
  };

  /** The fewest of three runs: background work counts too. */
  const statementsOf = async (query: string): Promise<number> => {
    const runs: number[] = [];
    for (let time = 0; time < 3; time += 1) {
      const before = await counted();
      await run(query);
      runs.push((await counted()) - before);
    }
    return Math.min(...runs);
  };

  it.each([
    ['collections with their counts', '{ collections(first: 100) { nodes { name records indexed } } }', 2],
    [
      'records by forty aliases',
      `{ ${Array.from({ length: 40 }, (_, at) => `r${at}: record(collection: "c0", id: "r${at}") { id }`).join(' ')} }`,
      2,
    ],
    ['files, each with its bucket', '{ files(bucket: "b") { nodes { key in_bucket { name usage { files } } } } }', 4],
    ['events, each with its topic', '{ events(topic: "t", first: 30) { nodes { offset in_topic { events } } } }', 4],
    [
      'search results',
      '{ search(collection: "c0", query: { vector: [1, 2] }, limit: 20) { results { id metadata } } }',
      2,
    ],
  ])('does not grow with the answer: %s', async (_name, query, most) => {
    expect(await statementsOf(query)).toBeLessThanOrEqual(most);
  });
});
