import { Writable } from 'node:stream';
import { createApp, type RunningApp } from '../../src/app.factory';
import { limitsConfig, loadConfiguration, serverConfig, WORKS_IN_BACKGROUND } from '../../src/config';
import { makeFolder } from '../support/database';

interface Started {
  readonly app: RunningApp;
  readonly rootKey: string;
}

const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
const undo: (() => Promise<void>)[] = [];

/** The product in this process, on an embedded Postgres of its own. */
const start = async (rootKey: string, environment: Record<string, string>): Promise<Started> => {
  const { options, remove } = await makeFolder();
  undo.unshift(remove);
  const dataDir = (options.engine === 'embedded' && options.dataDir) || '';
  const own = { ZERODB_PORT: '0', ZERODB_DATA_DIR: dataDir, ZERODB_DURABILITY: 'process', ZERODB_ROOT_KEY: rootKey };
  const app = await createApp(loadConfiguration({ ...own, ...environment }, dataDir), silence);
  undo.unshift(() => app.close());
  return { app, rootKey };
};

const statusOf = async ({ app }: Started, path: string, init?: RequestInit): Promise<number> =>
  (await fetch(`${app.url}${path}`, init)).status;

const authorized = (by: Started): RequestInit => ({ headers: { authorization: `Bearer ${by.rootKey}` } });

describe('two applications in one process', () => {
  let environment: Record<string, string | undefined>;
  let development: Started;
  let production: Started;

  beforeAll(async () => {
    environment = { ...process.env };
    development = await start('R0ot-key.of/the+first=', { ZERODB_MAX_BODY_BYTES: '65536' });
    production = await start('R0ot-key.of/the+second', { NODE_ENV: 'production', ZERODB_ROLE: 'api' });
  });
  afterAll(async () => {
    for (const step of undo) await step();
  });

  it('each knows its own root key and no other', async () => {
    const answers = [development, production].flatMap((app) =>
      [development, production].map((by) => statusOf(app, '/v1/projects', authorized(by))),
    );
    expect(await Promise.all(answers)).toEqual([200, 401, 401, 200]);
  });

  it('each has its own limit of bodies', async () => {
    const body = JSON.stringify({ name: 'documents', description: 'x'.repeat(100_000) });
    const send = ({ app, rootKey }: Started): Promise<Response> =>
      fetch(`${app.url}/v1/collections/documents/records`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${rootKey}`, 'content-type': 'application/json' },
        body,
      });
    const [small, large] = await Promise.all([development, production].map(send));
    expect(small?.status).toBe(413);
    expect(large?.status).not.toBe(413);
  });

  it('only the one outside of production shows GraphiQL', async () => {
    const page = { headers: { accept: 'text/html' } };
    expect(await statusOf(development, '/graphql', page)).toBe(200);
    expect(await statusOf(production, '/graphql', page)).not.toBe(200);
  });

  it('injects to each what its configuration says', () => {
    const injected = [development, production].map(({ app: { nest } }) => [
      nest.get<{ bodyBytes: number }>(limitsConfig.KEY).bodyBytes,
      nest.get<{ role: string }>(serverConfig.KEY).role,
      nest.get<boolean>(WORKS_IN_BACKGROUND),
    ]);
    expect(injected).toEqual([
      [65_536, 'all', true],
      [64 * 1024 * 1024, 'api', false],
    ]);
  });

  it('leaves the environment of the process as it was', () => {
    expect({ ...process.env }).toEqual(environment);
  });
});
