import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startServer, type TestServer } from '../support/server';

const run = promisify(execFile);
const page = readFileSync(path.resolve('docs', 'sql.md'), 'utf8');
const [helpers = '', ...examples] = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, example = '']) => example);

/** Real: the commands as written in docs/sql.md, a shell, a server process. */
describe('the page on SQL', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  const shell = async (script: string): Promise<string> => {
    const env = { PATH: process.env.PATH, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
    return (await run('bash', ['-ec', `${helpers}\n${script}`], { env })).stdout;
  };

  it('has examples that run, and the answer that it shows', async () => {
    const answers: string[] = [];
    for (const example of examples) answers.push(await shell(example));
    const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '{}') as object;
    const first = (answers[0] ?? '').slice((answers[0] ?? '').indexOf('{"columns"'));
    expect({ ...(JSON.parse(first) as object), took_ms: 0 }).toEqual({ ...shown, took_ms: 0 });
    expect(answers[1]).toContain('"rows":[["de",1,2023],["en",2,2021]]');
    expect(answers[1]).toContain('"rows":[["cat",2],["dog",2],["pet",1]]');
    expect(answers[2]).toContain('"rows":[["a",0],');
    expect(answers[3]).toContain('"rows":[["c",2023,');
  });
});
