import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startServer, type TestServer } from '../support/server';

/** The examples of docs/graphql.md, run by a shell in the order in which they stand there. */
const run = promisify(execFile);
const page = readFileSync(path.resolve('docs/graphql.md'), 'utf8');
const examples = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, example = '']) => example);
const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-graphql-docs-'));

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const shell = async (script: string): Promise<string> => {
  const env = { PATH: process.env.PATH, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey, TMPDIR: folder };
  return (await run('bash', ['-c', script], { env })).stdout;
};

it('runs every example', async () => {
  const answers: unknown[] = [];
  for (const example of examples) {
    const text = await shell(example);
    answers.push(text === '' ? null : JSON.parse(text));
  }
  expect(answers).toMatchObject([
    null,
    { data: { putCollection: { name: 'docs', dimension: 384 }, upsertRecords: { upserted: 2, ids: ['a', 'b'] } } },
    { data: { search: { results: [{ id: 'a' }], degraded: false, consistency: 'strong' } } },
    { data: { records: { edges: [{ node: { id: 'a' } }], pageInfo: { hasNextPage: true } } } },
    { data: { addMemories: { data: [{ status: 'added' }] }, publishEvents: [{ id: 'o-1' }] } },
    {
      data: {
        searchMemories: { results: [{ content: 'Ada prefers tea.' }] },
        events: { nodes: [{ data: { total: 12 } }] },
      },
    },
    { data: { here: { name: 'docs' }, gone: null }, errors: [{ path: ['gone'], extensions: { code: 'not_found' } }] },
    { id: 'o-1' },
  ]);
});
