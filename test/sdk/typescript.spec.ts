import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { CONTRACT, caseNames, contractOf, runBlocks, sdkFolder, startFaultServer, succeeded } from '../support/sdk';
import type { FaultServer, Run } from '../support/sdk';
import { startServer, type TestServer } from '../support/server';
import { projectRoot } from '../support/stack-files';

const CORE_BYTES = 15_000;
const WHOLE_BYTES = 20_000;

/** Real: the archive that `npm pack` makes, installed offline into a folder of its own; a server process; broken connections. */
describe('the TypeScript SDK', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-sdk-'));
  const packed = path.join(folder, 'package');
  const app = path.join(folder, 'app');
  let server: TestServer;
  let faults: FaultServer;
  let env: Run['env'];

  beforeAll(async () => {
    const npm = { command: 'npm', env: { ...process.env, npm_config_update_notifier: 'false' } };
    const build = { command: process.execPath, args: [sdkFolder('typescript', 'build.mjs'), packed] };
    const packing = succeeded({ ...build, cwd: projectRoot(), env: process.env }).then(async () => {
      await succeeded({ ...npm, args: ['pack', '--pack-destination', folder], cwd: packed });
      writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
      const archive = path.join(folder, `zerodb-client-${version('sdk/typescript')}.tgz`);
      const quiet = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
      await succeeded({ ...npm, args: ['install', ...quiet, '--prefix', app, archive], cwd: folder });
    });
    [server, faults] = await Promise.all([startServer(), startFaultServer(), packing]);
    env = {
      PATH: process.env['PATH'],
      ZERODB_URL: server.url,
      ZERODB_API_KEY: server.rootKey,
      ZERODB_FAULT_URL: faults.url,
      ZERODB_TEST_WS: path.join(projectRoot(), 'node_modules', 'ws', 'wrapper.mjs'),
    };
  });
  afterAll(async () => {
    faults.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const version = (place: string): string =>
    (JSON.parse(readFileSync(path.join(projectRoot(), place, 'package.json'), 'utf8')) as { version: string }).version;
  const node = (file: string, text: string): Promise<string> => {
    writeFileSync(path.join(app, file), text);
    return succeeded({ command: process.execPath, args: [file], cwd: app, env });
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
    writeFileSync(path.join(app, 'contract.mjs'), readFileSync(sdkFolder('typescript', 'test', 'contract.mjs')));
    const args = ['contract.mjs', CONTRACT, `ts${Date.now()}`];
    const { held, faults: broken } = await contractOf({ command: process.execPath, args, cwd: app, env });
    expect(broken).toEqual([]);
    expect(held).toEqual(caseNames());
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
    await succeeded({ command: process.execPath, args: [tsc, ...flags, 'types.mts', 'types.cts'], cwd: app, env });
  });

  it('does what its README shows', async () => {
    const blocks = runBlocks(sdkFolder('typescript', 'README.md'), 'ts');
    expect(blocks.length).toBeGreaterThan(5);
    const socket = `globalThis.WebSocket ??= (await import(process.env.ZERODB_TEST_WS)).WebSocket;\n`;
    await node('readme.mjs', `${socket}${blocks.join('\n')}`);
  });
});
