import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startServer, type TestServer } from '../support/server';

const run = promisify(execFile);
const page = readFileSync(path.resolve('docs', 'graph.md'), 'utf8');
const [helpers = '', ...examples] = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, example = '']) => example);

/** Real: the commands as written in docs/graph.md, a shell, a server process. */
describe('the page on graphs', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  const cli = async (...args: string[]): Promise<string> => {
    const env = { PATH: process.env.PATH, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
    const program = path.join(__dirname, '..', '..', 'src', 'cli.js');
    return (await run(process.execPath, [program, 'graph', ...args], { env })).stdout;
  };

  /** The answers, one a line. */
  const shell = async (script: string): Promise<string[]> => {
    const env = { PATH: process.env.PATH, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
    return (await run('bash', ['-ec', `${helpers}\n${script}`], { env })).stdout
      .split('\n')
      .filter((line) => line !== '');
  };

  it('has examples that run, and the answers that it speaks of', async () => {
    const answers: string[][] = [];
    for (const example of examples) answers.push(await shell(example));
    const [, reached, paths, leads, left] = answers.map((lines) => lines.map((line) => JSON.parse(line) as object));
    expect(reached).toMatchObject([
      {
        nodes: [
          { node: { id: 'ben' }, distance: 1 },
          { node: { id: 'cem' }, distance: 1 },
        ],
        truncated: false,
      },
    ]);
    const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '{}') as object;
    expect(paths).toMatchObject([{ paths: [{ edges: ['3'] }] }, { ...shown, took_ms: expect.any(Number) as number }]);
    expect(leads).toMatchObject([{ data: [{ node: { id: 'ben' } }] }, { data: [{ node: { id: 'cem' } }] }]);
    expect(left?.at(-1)).toMatchObject({ id: 'apollo', ref: null, ref_deleted_at: expect.any(String) as string });

    expect(await cli('list')).toBe('team  who works with whom\n');
    expect(await cli('traverse', 'team', 'ann', '--type', 'knows', '--depth', '1')).toBe(
      '1  ben  Person\n1  cem  Person\n',
    );
    expect(await cli('paths', 'team', 'ann', 'cem', '--weighted')).toBe('ann -> ben -> cem  (2 edges, weight 2)\n');
    expect(JSON.parse(await cli('paths', 'team', 'ann', 'cem', '--k', '2', '--json'))).toMatchObject({
      paths: [{ edges: ['3'] }, { edges: ['1', '2'] }],
    });
  }, 60_000);
});
