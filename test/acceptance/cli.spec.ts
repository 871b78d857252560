import { spawn, type ChildProcess } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { minimalPdf } from '../support/minimal-pdf';

const CLI = path.join(__dirname, '..', '..', 'src', 'cli.js');
const ROOT_KEY = 'zdb_root_of_the_cli_acceptance';

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Everything is real: the compiled CLI in processes of its own, and the server that it starts. */
describe('the zerodb command line', () => {
  let folder: string;
  let url: string;
  let server: ChildProcess;

  const environment = (extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    ZERODB_URL: url,
    ZERODB_ROOT_KEY: ROOT_KEY,
    ZERODB_DATA_DIR: path.join(folder, 'data'),
    ZERODB_LOG_LEVEL: 'warn',
    ...extra,
  });
  const zerodb = async (
    args: string[],
    options: { input?: string; env?: NodeJS.ProcessEnv } = {},
  ): Promise<Outcome> => {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env: environment(options.env) });
    child.stdin.end(options.input ?? '');
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { code, out, err };
  };
  const json = async <T>(args: string[], code = 0): Promise<T> => {
    const outcome = await zerodb([...args, '--json']);
    expect({ code: outcome.code, err: outcome.err }).toMatchObject({ code });
    return JSON.parse(outcome.out) as T;
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'zerodb-cli-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    server = spawn(process.execPath, [CLI, 'start', '--port', String(port)], {
      cwd: folder,
      env: environment(),
      stdio: 'ignore',
    });
    for (let tries = 0; (await zerodb(['status'])).code !== 0; tries += 1) {
      if (tries > 100 || server.exitCode !== null) throw new Error('the server did not start');
      await sleep(200);
    }
  });

  afterAll(async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });

  describe('ingest', () => {
    interface Summary {
      readonly files: Record<string, number>;
      readonly records: number;
      readonly failures: { path: string }[];
    }
    let docs: string;

    beforeAll(async () => {
      docs = path.join(folder, 'handbook');
      await mkdir(path.join(docs, 'guide'), { recursive: true });
      await writeFile(
        path.join(docs, 'guide', 'backup.md'),
        '# Backups\n\nCopies of all data are taken each night.\n\n## Restore\n\nStop the machine and copy the folder back.',
      );
      await writeFile(path.join(docs, 'cats.txt'), 'Cats sleep for most of the day and hunt mice at night.');
      await writeFile(
        path.join(docs, 'sea.html'),
        '<title>Sea</title><h1>Sea</h1><p>Ships carry goods across the ocean.</p>',
      );
      await writeFile(path.join(docs, 'paper.pdf'), minimalPdf(['Volcanoes throw out lava and ash']));
      await writeFile(
        path.join(docs, 'people.json'),
        '[{"text": "Ada wrote the first program", "year": 1843}, {"name": "Grace", "year": 1952}]',
      );
      await writeFile(path.join(docs, 'log.jsonl'), '{"text": "The lift was repaired"}\n{"text": "The roof leaks"}\n');
      await writeFile(path.join(docs, 'prices.csv'), 'product,price\nBread,3.5\nMilk,1\n');
    });

    const ingest = (options: string[] = [], code = 0): Promise<Summary> =>
      json(['ingest', docs, '--collection', 'handbook', ...options], code);
    const find = async (
      query: string,
      options: string[] = [],
    ): Promise<{ path?: string; page?: number; year?: number }[]> => {
      const answer = await json<{ results: { metadata: object }[] }>([
        'search',
        'handbook',
        query,
        '--limit',
        '3',
        ...options,
      ]);
      return answer.results.map(({ metadata }) => metadata);
    };

    it('reads every type of file and finds them by meaning', async () => {
      const summary = await ingest();
      expect(summary.files).toMatchObject({ found: 7, ingested: 7, unchanged: 0, failed: 0 });
      expect((await find('pets that catch rodents', ['--mode', 'vector']))[0]?.path).toBe('handbook/cats.txt');
      expect((await find('eruptions of a mountain', ['--mode', 'vector']))[0]).toMatchObject({
        path: 'handbook/paper.pdf',
        page: 1,
      });
      expect((await find('woman', ['--filter', '{"year": {"$gt": 1900}}'])).map(({ year }) => year)).toEqual([1952]);
    });

    it('skips what has not changed, replaces what has, and removes what is gone when asked', async () => {
      expect((await ingest()).files).toMatchObject({ ingested: 0, unchanged: 7 });
      await writeFile(path.join(docs, 'guide', 'backup.md'), '# Backups\n\nThere are none any more.');
      await unlink(path.join(docs, 'sea.html'));
      expect((await ingest()).files).toMatchObject({ ingested: 1, unchanged: 5, gone: 1 });
      expect((await ingest(['--prune'])).files).toMatchObject({ ingested: 0, removed: 1, gone: 0 });
      const exported = await zerodb(['export', 'handbook']);
      expect(exported.out).toContain('There are none any more');
      expect(exported.out).not.toMatch(/each night|copy the folder back|Ships carry/);
    });

    it('reports a broken file, takes the others and ends with 1', async () => {
      await writeFile(path.join(docs, 'broken.json'), '{"text": ');
      await copyFile(path.join(docs, 'cats.txt'), path.join(docs, 'cats-again.txt'));
      const summary = await ingest([], 1);
      expect(summary.files).toMatchObject({ ingested: 1, failed: 1 });
      expect(summary.failures.map((failure) => failure.path)).toEqual(['handbook/broken.json']);
    });
  });

  it('imports, exports and imports again what it exported', async () => {
    expect((await zerodb(['collections', 'create', 'points', '--dimension', '2'])).code).toBe(0);
    expect((await zerodb(['collections', 'create', 'points', '--dimension', '2'])).code).toBe(6);
    const lines = '{"id":"a","vector":[1,0],"metadata":{"n":1}}\n{"id":"b","vector":[1]}\n{"id":"c","vector":[0,1]}\n';
    const imported = await zerodb(['import', 'points'], { input: lines });
    expect(imported.code).toBe(1);
    expect(imported.err).toMatch(/line 2: /);
    expect(imported.err).toMatch(/Imported 2, failed 1/);
    const file = path.join(folder, 'points.ndjson.gz');
    expect((await zerodb(['export', 'points', '-o', file])).code).toBe(0);
    expect(
      gunzipSync(await readFile(file))
        .toString()
        .trim()
        .split('\n'),
    ).toHaveLength(2);
    expect((await zerodb(['collections', 'create', 'copy', '--dimension', '2'])).code).toBe(0);
    expect(await json(['import', 'copy', file])).toMatchObject({ imported: 2, failed: 0 });
    expect(await json(['collections', 'show', 'copy'])).toMatchObject({ name: 'copy', dimension: 2 });
    expect(await json(['collections', 'advise', 'copy'])).toEqual({ collection: 'copy', advice: [] });
    expect(await json(['collections', 'advise', 'copy', '--apply'])).toEqual({ collection: 'copy', advice: [] });
  });

  it('manages projects and keys, and tells why a key may not do something', async () => {
    expect((await zerodb(['projects', 'create', 'acme'])).code).toBe(0);
    const key = (await zerodb(['keys', 'create', 'reader', '--role', 'read', '--project', 'acme'])).out.trim();
    const asReader = { env: { ZERODB_ROOT_KEY: '', ZERODB_API_KEY: key } };
    expect(await zerodb(['collections', 'list', '--json'], asReader)).toMatchObject({
      code: 0,
      out: expect.stringContaining('"data": []') as string,
    });
    expect((await zerodb(['collections', 'create', 'x'], asReader)).code).toBe(4);
    const { data } = await json<{ data: { id: string; name: string }[] }>(['keys', 'list', '--project', 'acme']);
    const reader = data.find(({ name }) => name === 'reader');
    expect((await zerodb(['keys', 'revoke', reader?.id ?? '', '--project', 'acme'])).code).toBe(0);
    expect((await zerodb(['collections', 'list'], asReader)).code).toBe(4);
    expect(await zerodb(['projects', 'grant', 'acme', 'orders'])).toMatchObject({ code: 2 });
    expect(await json(['projects', 'grant', 'acme', 'orders', '--read'])).toMatchObject({ access: ['read'] });
    expect((await zerodb(['projects', 'grants', 'acme'])).out).toMatch(/orders +read /);
    expect((await zerodb(['projects', 'revoke', 'acme', 'orders'])).code).toBe(0);
    expect(await json(['projects', 'grants', 'acme'])).toEqual({ data: [] });
    const receipt = await json<{ uid: string }>(['projects', 'delete', 'acme', '--yes']);
    expect(receipt).toMatchObject({
      deleted: true,
      name: 'acme',
      services: { postgres: expect.anything() as unknown },
    });
    expect((await zerodb(['projects', 'receipt', receipt.uid])).err).toMatch(/"acme" is deleted\. /);
  });

  it('ends with the documented codes', async () => {
    expect((await zerodb(['collections', 'show', 'nothing-here'])).code).toBe(3);
    expect((await zerodb(['collections', 'list', '--key', 'zdb_wrong'])).code).toBe(4);
    expect((await zerodb(['search', 'points', 'x', '--filter', '{"a": {"$no": 1}}'])).code).toBe(2);
    expect((await zerodb(['status', '--url', 'http://127.0.0.1:9'])).code).toBe(5);
  });

  it('refuses to open the data of a running server', async () => {
    const { code, err } = await zerodb(['db', 'check']);
    expect(code).toBe(6);
    expect(err).toContain('in use by process');
  });
});

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
