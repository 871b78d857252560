import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startServer, type TestServer } from '../support/server';

const run = promisify(execFile);
// Compiled tests lie in a folder of their own; the command that runs them is given in the package's root.
const root = process.cwd();

const examples = (): string[] =>
  [...readFileSync(path.join(root, 'docs', 'files.md'), 'utf8').matchAll(/<!-- run -->\n```sh\n(.*?)```/gs)].map(
    ([, script]) => script ?? '',
  );

/** Real: the commands as written, a shell, a server process. */
describe('the page on files', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer();
  });

  afterAll(async () => {
    await server.stop();
  });

  it('has examples that do what they say', async () => {
    const [store = '', sign = ''] = examples();
    const env = { ...process.env, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
    const execute = async (script: string): Promise<string> =>
      (await run('sh', ['-ec', script], { env, timeout: 60_000 })).stdout;
    const stored = await execute(store);
    expect(stored).toContain('"key":"2026/q1.csv"');
    expect(stored).toContain('quarter');
    expect(await execute(sign)).toBe('quarter,revenue\nQ1,100\n');
  });
});
