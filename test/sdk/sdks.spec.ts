import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import * as sdk from '../support/sdk';
import { startServer, type TestServer } from '../support/server';
import { describeWith } from '../support/services';
import { projectRoot } from '../support/stack-files';

const CORE_BYTES = 15_000;
const WHOLE_BYTES = 20_000;

const python = process.env['ZERODB_TEST_PYTHON'];
const go = sdk.goOnPath();

/** Real: the packages as they are built and installed, a server process, and one that breaks connections as it is told. */
describe('the SDKs', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-sdk-'));
  let server: TestServer;
  let faults: sdk.FaultServer;
  let env: sdk.Run['env'];

  beforeAll(async () => {
    [server, faults] = await Promise.all([startServer(), sdk.startFaultServer()]);
    env = {
      PATH: process.env['PATH'],
      ZERODB_URL: server.url,
      ZERODB_API_KEY: server.rootKey,
      ZERODB_FAULT_URL: faults.url,
    };
  });
  afterAll(async () => {
    faults.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const mustHold = async (run: sdk.Run): Promise<void> => {
    const { held, faults: broken } = await sdk.contractOf(run);
    expect(broken).toEqual([]);
    expect(held).toEqual(sdk.caseNames());
  };

  const version = (place: string): string =>
    (JSON.parse(readFileSync(path.join(projectRoot(), place, 'package.json'), 'utf8')) as { version: string }).version;

  describe('for TypeScript', () => {
    const packed = path.join(folder, 'package');
    const app = path.join(folder, 'app');
    const socket = path.join(projectRoot(), 'node_modules', 'ws', 'wrapper.mjs');

    beforeAll(async () => {
      const npm = { command: 'npm', env: { ...process.env, npm_config_update_notifier: 'false' } };
      const build = { command: process.execPath, args: [sdk.sdkFolder('typescript', 'build.mjs'), packed] };
      await sdk.succeeded({ ...build, cwd: projectRoot(), env: process.env });
      await sdk.succeeded({ ...npm, args: ['pack', '--pack-destination', folder], cwd: packed });
      writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
      const archive = path.join(folder, `zerodb-client-${version('sdk/typescript')}.tgz`);
      const quiet = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
      await sdk.succeeded({ ...npm, args: ['install', ...quiet, '--prefix', app, archive], cwd: folder });
    });

    const node = (file: string, text: string): Promise<string> => {
      writeFileSync(path.join(app, file), text);
      return sdk.succeeded({
        command: process.execPath,
        args: [file],
        cwd: app,
        env: { ...env, ZERODB_TEST_WS: socket },
      });
    };
    const minified = (text: string): number =>
      buildSync({
        stdin: { contents: text, resolveDir: app },
        bundle: true,
        minify: true,
        format: 'esm',
        platform: 'browser',
        write: false,
      }).outputFiles[0]?.contents.length ?? Infinity;

    it('keeps the contract', async () => {
      writeFileSync(path.join(app, 'contract.mjs'), readFileSync(sdk.sdkFolder('typescript', 'test', 'contract.mjs')));
      const args = ['contract.mjs', sdk.CONTRACT, `ts${Date.now()}`];
      await mustHold({ command: process.execPath, args, cwd: app, env: { ...env, ZERODB_TEST_WS: socket } });
    });

    it('has the version of the product, and no dependency', () => {
      expect(version('sdk/typescript')).toBe(version('.'));
      expect(Object.keys(JSON.parse(readFileSync(path.join(packed, 'package.json'), 'utf8')) as object)).not.toContain(
        'dependencies',
      );
    });

    it('is loaded as an ES module and as CommonJS', async () => {
      const use = `console.log(typeof ZeroDb, JSON.stringify(filter.eq('a', 1)))`;
      const shown = 'function {"a":{"$eq":1}}\n';
      expect(await node('a.mjs', `import { ZeroDb, filter } from '@zerodb/client';\n${use}`)).toBe(shown);
      expect(await node('b.cjs', `const { ZeroDb, filter } = require('@zerodb/client');\n${use}`)).toBe(shown);
    });

    it('is small: its core, and the whole', () => {
      const core = minified(`export { ZeroDbClient, ApiError, isProblem, filter } from '@zerodb/client'`);
      const whole = minified(`export * from '@zerodb/client'`);
      expect(core).toBeGreaterThan(2_000);
      expect(core).toBeLessThan(CORE_BYTES);
      expect(whole).toBeLessThan(WHOLE_BYTES);
    });

    it('has types of the API for both kinds of modules', async () => {
      const calls = `const zerodb = new ZeroDb({ url: '' });
      export const found = zerodb.post('/v1/collections/{collection}/search', {
        path: { collection: 'c' }, body: { query: { text: 'x' } } });
      export const score: Promise<number | undefined> = found.then(({ results }) => results[0]?.score);
      // @ts-expect-error No such path.
      export const none = zerodb.get('/v1/nothing');
      // @ts-expect-error The query is missing.
      export const bad = zerodb.post('/v1/collections/{collection}/search', { path: { collection: 'c' }, body: {} });`;
      for (const name of ['types.mts', 'types.cts']) {
        writeFileSync(path.join(app, name), `import { ZeroDb } from '@zerodb/client';\n${calls}`);
      }
      const tsc = path.join(projectRoot(), 'node_modules', 'typescript', 'bin', 'tsc');
      const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--lib', 'es2023,dom', '--skipLibCheck'];
      await sdk.succeeded({
        command: process.execPath,
        args: [tsc, ...flags, 'types.mts', 'types.cts'],
        cwd: app,
        env,
      });
    });

    it('does what its README shows', async () => {
      const blocks = sdk.runBlocks(sdk.sdkFolder('typescript', 'README.md'), 'ts');
      expect(blocks.length).toBeGreaterThan(5);
      const first = `globalThis.WebSocket ??= (await import(process.env.ZERODB_TEST_WS)).WebSocket;\n`;
      await node('readme.mjs', `${first}${blocks.join('\n')}`);
    });
  });

  describeWith(python)('for Python', () => {
    const source = sdk.sdkFolder('python');
    const wheels = path.join(folder, 'wheels');
    const fresh = path.join(folder, 'venv');
    const inVenv = path.join(fresh, 'bin', 'python');
    const quiet = {
      PATH: process.env['PATH'],
      PYTHONDONTWRITEBYTECODE: '1',
      MYPY_CACHE_DIR: path.join(folder, 'mypy'),
    };
    let packages: Readonly<Record<string, string | undefined>> = {};

    const run = (args: string[], command = python ?? '', more = {}): Promise<string> =>
      sdk.succeeded({ command, args, cwd: source, env: { ...quiet, ...more } });

    beforeAll(async () => {
      await run(['-m', 'build', '--wheel', '--no-isolation', '--outdir', wheels, source]);
      await run(['-m', 'venv', '--without-pip', fresh]);
      const [wheel = ''] = readdirSync(wheels);
      const install = ['--python', inVenv, 'install', '--quiet', '--no-deps', '--no-index', path.join(wheels, wheel)];
      await run(['-m', 'pip', ...install]);
      // What it depends on is taken from the interpreter that was named; the package itself from the new environment alone.
      const site = await run(['-c', `import sysconfig; print(sysconfig.get_path('purelib'), end='')`]);
      packages = { ...quiet, ...env, PYTHONPATH: site };
    });

    it.each(['sync', 'async'])('keeps the contract, %s', async (kind) => {
      const args = [path.join(source, 'tests', 'contract.py'), sdk.CONTRACT, `py${kind}${Date.now()}`, kind];
      await mustHold({ command: inVenv, args, cwd: folder, env: packages });
    });

    it('does what its README shows', async () => {
      const blocks = sdk.runBlocks(path.join(source, 'README.md'), 'python');
      expect(blocks.length).toBeGreaterThan(5);
      await run(['-c', blocks.join('\n')], inVenv, packages);
    });

    it('has the version of the product', async () => {
      const shown = await run(['-c', 'import zerodb; print(zerodb.__version__)'], inVenv, packages);
      expect(shown.trim()).toBe(version('.'));
      expect(readdirSync(wheels)).toEqual([`zerodb-${version('.')}-py3-none-any.whl`]);
    });

    it('has correct types', async () => {
      expect(await run(['-m', 'mypy'])).toContain('Success');
    });

    it('is what openapi.json says', async () => {
      await run(['generate.py', '--check']);
    });
  });

  describeWith(go)('for Go', () => {
    const source = sdk.sdkFolder('go');
    const app = path.join(folder, 'go');
    const program = path.join(folder, 'contract');
    // The standard library alone: nothing may be downloaded.
    const offline = { ...process.env, GOPROXY: 'off', GOTOOLCHAIN: 'local', GOFLAGS: '' };

    const run = (args: string[], cwd = source): Promise<string> =>
      sdk.succeeded({ command: go ?? '', args, cwd, env: { ...offline, ...env } });

    it('is formatted, and has nothing that vet finds', async () => {
      const gofmt = path.join(path.dirname(go ?? ''), 'gofmt');
      expect(await sdk.succeeded({ command: gofmt, args: ['-l', '.'], cwd: source, env: offline })).toBe('');
      await run(['vet', './...']);
    });

    it('keeps the contract', async () => {
      await run(['build', '-o', program, './contract']);
      await mustHold({ command: program, args: [sdk.CONTRACT, `go${Date.now()}`], cwd: folder, env });
    });

    it('does what its README shows, in a module that requires it', async () => {
      const [block = ''] = sdk.runBlocks(path.join(source, 'README.md'), 'go');
      const [name = ''] = /(?<=^module ).*/m.exec(readFileSync(path.join(source, 'go.mod'), 'utf8')) ?? [];
      mkdirSync(app);
      writeFileSync(path.join(app, 'main.go'), block);
      const needs = `require ${name} v0.0.0\nreplace ${name} => ${source}\n`;
      writeFileSync(path.join(app, 'go.mod'), `module example.com/app\n\ngo 1.24\n\n${needs}`);
      expect(await run(['run', '.'], app)).toContain('tomatoes');
    });
  });
});
