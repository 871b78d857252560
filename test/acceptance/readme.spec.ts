import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startServer, type TestServer } from '../support/server';

const root = path.resolve(__dirname, '..', '..', '..');
const run = promisify(execFile);

/** The fenced `sh` blocks that follow the mark, in their order. */
const examples = (): string[] =>
  [...readFileSync(path.join(root, 'README.md'), 'utf8').matchAll(/<!-- run -->\n```sh\n(.*?)```/gs)].map(
    ([, script]) => script ?? '',
  );

/** Real: the commands as written, a shell, a server process on another port than the usual. */
describe('the README', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer();
  });

  afterAll(async () => {
    await server.stop();
  });

  const execute = async (script: string): Promise<string> => {
    const env = { ...process.env, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
    return (await run('sh', ['-ec', script], { cwd: root, env, timeout: 170_000 })).stdout;
  };

  it('has a quick start to run', () => {
    expect(existsSync(path.join(root, 'dist', 'cli.js'))).toBe(true);
    expect(examples()).toHaveLength(2);
  });

  it('ingests its own documents and answers from them', async () => {
    const answer = await execute(examples()[0] ?? '');
    expect(answer).toMatch(/ingested/);
    expect(answer).toMatch(/\.md/);
  });

  it('writes and searches over HTTP', async () => {
    const answer = await execute(examples()[1] ?? '');
    expect(answer).toContain('"id":"tomatoes"');
    expect(answer).not.toContain('"id":"brakes"');
  });
});
