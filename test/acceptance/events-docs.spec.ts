import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startServer, type TestServer } from '../support/server';

/** The examples of docs/events.md, run by a shell in the order in which they stand there. */
const run = promisify(execFile);
const page = readFileSync(path.resolve('docs/events.md'), 'utf8');
const examples = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, example = '']) => example);

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const shell = async (script: string): Promise<string> => {
  const env = { PATH: process.env.PATH, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
  return (await run('bash', ['-c', script], { env })).stdout;
};

it('runs every example', async () => {
  const answers: string[] = [];
  for (const example of examples) answers.push(await shell(example));
  expect(answers).toHaveLength(9);
  expect(answers[1]).toBe('{"data":[{"id":"o-1","offset":1}]}');
  expect(answers[2]).toContain('"id":"o-2"');
  expect(JSON.parse(answers[4] ?? '')).toMatchObject({ data: [{ id: 'o-1', data: { total: 120 } }, { id: 'o-2' }] });
  expect(answers[5]).toMatch(/id: 1\ndata: .*"id":"o-1"[\s\S]*id: 2\ndata: .*"id":"o-2"/);
  expect(JSON.parse(answers[6] ?? '')).toMatchObject({ data: [{ id: 'o-1' }, { id: 'o-2' }] });
  expect(answers[7]).toContain('"secret":"whsec_');
  expect(JSON.parse(answers[8] ?? '')).toMatchObject({ data: [] });
});
