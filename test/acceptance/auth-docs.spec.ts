import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { clientOf } from '../support/http';
import { startOidcProvider, type TestProvider } from '../support/oidc-provider';
import { startServer, type TestServer } from '../support/server';

const PAGE = readFileSync(path.resolve('docs/auth.md'), 'utf8');
const blocksOf = (language: string): string[] =>
  [...PAGE.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, block = '']) => block);
const isSettings = (block: string): boolean => block.startsWith('export ');
const SETTINGS = blocksOf('sh').find(isSettings) ?? '';
const COMMANDS = blocksOf('sh').filter((block) => !isSettings(block));
const [CLAIMS = '', ISSUERS = ''] = blocksOf('json');
const CLI = path.join(__dirname, '..', '..', 'src', 'cli.js');

/** Real: the settings, claims and commands as written in docs/auth.md, `oidc-provider`, a shell, a server. */
describe('the page on keys and tokens', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-auth-docs-'));
  let provider: TestProvider;
  let server: TestServer;

  beforeAll(async () => {
    provider = await startOidcProvider();
    const exported = /^export (\w+)=(\S+)/gm;
    const settings = [...SETTINGS.matchAll(exported)].map(([, name = '', value = '']) => [
      name,
      value.replace(/^'|'$/g, ''),
    ]);
    server = await startServer({
      ...(Object.fromEntries(settings) as Record<string, string>),
      ZERODB_OIDC_ISSUER: provider.issuer,
      ZERODB_OIDC_ISSUERS: ISSUERS,
      ZERODB_OIDC_PROJECTS: 'shop',
    });
    const root = { key: server.rootKey, headers: { 'zerodb-project': 'shop' } };
    await clientOf(server.url)('/v1/projects', { key: server.rootKey, body: { name: 'shop' } });
    await clientOf(server.url)('/v1/collections/products', { ...root, method: 'PUT', body: {} });
  });
  afterAll(async () => {
    await server?.stop();
    await provider?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Whose turn it is: the operator with the root key, or the holder of a token. */
  const shell = async (script: string, by: 'operator' | 'token'): Promise<string> => {
    const { iss: _iss, iat: _iat, exp: _exp, ...claims } = JSON.parse(CLAIMS) as Record<string, unknown>;
    const env = {
      PATH: process.env['PATH'],
      ZERODB_URL: server.url,
      ZERODB_ROOT_KEY: server.rootKey,
      ...(by === 'token' ? { ZERODB_API_KEY: provider.forge(claims) } : {}),
    };
    const run = `zerodb() { "${process.execPath}" "${CLI}" "$@"; }\n${script}`;
    return (await promisify(execFile)('bash', ['-ec', run], { env, cwd: folder })).stdout;
  };

  it('has commands that rotate a key', async () => {
    const printed = await shell(COMMANDS[0] ?? '', 'operator');
    expect(printed).toMatch(/shop-backend/);
    expect(printed.trim().split('\n').at(-1)).toMatch(/^zdb_[0-9a-f]{16}_/);
  });

  it('has a token that writes into its project', async () => {
    const [status = '', written = ''] = (await shell(COMMANDS[1] ?? '', 'token')).split(/(?<=\})(?=\{)/);
    expect(JSON.parse(status)).toMatchObject({ project: 'shop', access: 'write' });
    expect(JSON.parse(written)).toMatchObject({ upserted: 1 });
  });
});
