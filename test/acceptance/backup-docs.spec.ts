import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startServer, type TestServer } from '../support/server';

const CLI = path.join(__dirname, '..', '..', 'src', 'cli.js');
const BLOCKS = [...readFileSync(path.resolve('docs/backup.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(
  ([, example = '']) => example,
);
const asksServer = (block: string): boolean => block.includes('zerodb backup now');
const COMMANDS = BLOCKS.filter((block) => !asksServer(block));
const OF_SERVER = BLOCKS.filter(asksServer);
const SERVER_MS = 300_000;

/** Real: the commands as written in docs/backup.md, a shell, the compiled CLI, and servers before and after. */
describe('the page on backups', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-backup-docs-'));
  const dataDir = path.join(folder, 'data');
  let server: TestServer | undefined;

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const call = async (method: string, target: string, body?: unknown, type = 'application/json'): Promise<Response> => {
    const text = type === 'application/json' ? JSON.stringify(body) : (body as string);
    return await fetch(`${server?.url}${target}`, {
      method,
      headers: { authorization: `Bearer ${server?.rootKey}`, 'content-type': type },
      ...(body === undefined ? {} : { body: text }),
    });
  };
  const shell = (script: string): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)('bash', ['-ec', `zerodb() { "${process.execPath}" "${CLI}" "$@"; }\n${script}`], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        ZERODB_DATA_DIR: dataDir,
        ...(server ? { ZERODB_URL: server.url, ZERODB_ROOT_KEY: server.rootKey } : {}),
      },
    });

  it(
    'has commands that make, check, list, restore and remove a backup',
    async () => {
      server = await startServer({ ZERODB_DATA_DIR: dataDir });
      const shapes = { dimension: 3, vectors: { title: { dimension: 2 } }, sparse_vectors: { terms: {} } };
      expect((await call('PUT', '/v1/collections/notes', shapes)).status).toBe(201);
      const vectors = { title: [1, 2], terms: { indices: [7], values: [0.1] } };
      await call('PUT', '/v1/collections/notes/records', {
        records: [{ id: 'a', vector: [1, 2, 3], vectors, metadata: { n: 1 } }],
      });
      await call('PUT', '/v1/buckets/docs', {});
      expect((await call('PUT', '/v1/files/docs/hello.txt', 'hello', 'text/plain')).status).toBe(201);
      await expect(shell(COMMANDS.join('\n'))).rejects.toThrow('is in use by process');
      await server.stop();
      const { stdout, stderr } = await shell(COMMANDS.join('\n'));
      expect(stdout).toMatch(/ID +INSTANT/);
      expect(stderr).toMatch(/is whole: .* and restored for a trial/);
      expect(stderr).toMatch(/Restored \S+, the state of/);
      server = await startServer({
        ZERODB_DATA_DIR: path.join(folder, 'restored'),
        ZERODB_BACKUP_TO: path.join(folder, 'backups'),
        ZERODB_BACKUP_KEY_FILE: path.join(folder, 'backup.key'),
      });
      const record = await call('GET', '/v1/collections/notes/records/a');
      expect(await record.json()).toMatchObject({ id: 'a', metadata: { n: 1 }, vectors });
      expect(await (await call('GET', '/v1/files/docs/hello.txt')).text()).toBe('hello');
      const found = await call('POST', '/v1/collections/notes/search', { query: { vector: [1, 2, 3] }, limit: 1 });
      expect(await found.json()).toMatchObject({ results: [{ id: 'a' }] });
      const asked = await shell(OF_SERVER.join('\n'));
      expect(asked.stderr).toMatch(/Backup \S+ of/);
      expect(asked.stdout).toMatch(/every +5 min/);
    },
    SERVER_MS,
  );

  it('ends with an error that names the remedy', async () => {
    const env = `export ZERODB_BACKUP_TO=${folder}/backups`;
    await expect(shell(`${env}\nzerodb backup list`)).rejects.toMatchObject({
      code: 4,
      stderr: expect.stringContaining('Set ZERODB_BACKUP_KEY') as string,
    });
    await expect(shell('zerodb backup list')).rejects.toMatchObject({ code: 2 });
    await expect(shell('zerodb backup list --from nowhere')).rejects.toMatchObject({ code: 3 });
    await expect(shell(`${env}\nzerodb backup prune`)).rejects.toMatchObject({ code: 2 });
    const over = `${env}\nexport ZERODB_BACKUP_KEY_FILE=${folder}/backup.key\nzerodb backup restore latest`;
    await expect(shell(over)).rejects.toMatchObject({
      code: 6,
      stderr: expect.stringContaining('zerodb_vectors (1)') as string,
    });
  });
});
