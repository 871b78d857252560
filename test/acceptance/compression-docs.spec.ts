import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

const run = promisify(execFile);
const CLI = path.join(__dirname, '..', '..', 'src', 'cli.js');
const commandsIn = (name: string): string[] =>
  [...readFileSync(path.resolve('docs', name), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(
    ([, example = '']) => example,
  );

/** Real: the commands of docs/compression.md, a shell, a server process. */
describe('the page on compression', () => {
  const [helper = ''] = commandsIn('collections.md');
  const [create = '', change = '', back = ''] = commandsIn('compression.md');
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  const answersOf = async (script: string): Promise<Record<string, unknown>[]> => {
    const env = { PATH: process.env.PATH, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
    const { stdout } = await run('bash', ['-ec', `${helper}\n${script}`], { env });
    return JSON.parse(`[${stdout.replaceAll('}{', '},{')}]`) as Record<string, unknown>[];
  };
  const call = async (method: string, target: string, body?: unknown) =>
    await clientOf(server.url)(target, { method, key: server.rootKey, body });
  const zerodb = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
    return (await run(process.execPath, [CLI, ...args], { env })).stdout;
  };

  it('makes, searches, shows, changes and takes back as it says', async () => {
    const [made, , found, status] = await answersOf(create);
    expect(made).toMatchObject({ compression: { scheme: 'auto', target_recall: 0.95 } });
    expect(found).toMatchObject({ results: [{ id: 'a', score: 1 }] });
    expect(status).toMatchObject({ state: 'waiting', used: { pgvector: 'exact' } });
    const [changed, changing] = await answersOf(change);
    expect(changed).toMatchObject({ compression: { scheme: 'half', target_recall: 0.95 } });
    expect(['changing', 'serving']).toContain(changing?.['state']);
    const [taken] = await answersOf(back);
    expect(taken).toMatchObject({ compression: { scheme: 'auto', target_recall: 0.95 } });
  });

  it.each([
    ['an unknown scheme', 'zip'],
    ['an unknown scheme in an object', { scheme: 'zip' }],
    ['a recall of 0', { scheme: 'binary', target_recall: 0 }],
    ['a recall of 1', { scheme: 'binary', target_recall: 1 }],
    ['a recall below 0', { scheme: 'auto', target_recall: -0.5 }],
    ['a recall that is text', { scheme: 'auto', target_recall: '0.9' }],
    ['an unknown field', { scheme: 'auto', recall: 0.9 }],
    ['no scheme', { target_recall: 0.9 }],
    ['null', null],
  ])('refuses %s, and changes nothing', async (_, compression) => {
    await call('PUT', '/v1/collections/kept', { dimension: 3 });
    const patched = await call('PATCH', '/v1/collections/kept', { compression });
    expect(patched).toMatchObject({ status: 422 });
    expect(await call('PUT', '/v1/collections/other', { dimension: 3, compression })).toMatchObject({ status: 422 });
    expect((await call('GET', '/v1/collections/kept')).json).toMatchObject({
      compression: { scheme: 'none', target_recall: 0.99 },
    });
  });

  it('refuses dimensions that the scheme does not take, and says which one does', async () => {
    await call('PUT', '/v1/collections/wide', { dimension: 5_000, compression: 'binary' });
    const refused = await call('PATCH', '/v1/collections/wide', { compression: 'half' });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('up to 16000');
    const hnsw = { type: 'hnsw' };
    const made = await call('PUT', '/v1/collections/wider', {
      dimension: 5_000,
      vector_index: hnsw,
      compression: 'int8',
    });
    expect(made.status).toBe(422);
    expect((await call('GET', '/v1/collections/absent/compression')).status).toBe(404);
    expect((await call('POST', '/v1/collections/absent/compression/measure')).status).toBe(404);
  });

  it('shows it on the command line', async () => {
    await call('PUT', '/v1/collections/shown', { dimension: 3 });
    await call('PUT', '/v1/collections/shown/records', { records: [{ id: 'a', vector: [1, 2, 3] }] });
    expect(await zerodb('compress', 'apply', 'shown', 'half', '--target-recall', '0.9')).toContain(
      'shown: half, recall at least 0.9',
    );
    expect(await zerodb('compress', 'status', 'shown')).toContain('pgvector half');
    expect(await zerodb('compress', 'advise', 'shown')).toContain('measured');
    await expect(zerodb('compress', 'apply', 'shown', 'zip')).rejects.toMatchObject({ code: 2 });
    await expect(zerodb('compress', 'apply', 'shown', 'half', '--target-recall', '1')).rejects.toMatchObject({
      code: 2,
    });
  });
});
