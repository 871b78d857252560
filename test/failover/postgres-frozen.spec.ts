import { clientOf, type Answer } from '../support/http';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';
import { ToxicProxy } from '../support/toxiproxy';

const { postgresUrl = '', toxiproxyUrl = '' } = services;

describeWith(postgresUrl && toxiproxyUrl)('two replicas on a Postgres that freezes for one of them', () => {
  let opened: TestDatabase;
  let proxy: ToxicProxy;
  let frozen: TestServer;
  let other: TestServer;

  beforeAll(async () => {
    opened = await openTestDatabase('server');
    if (opened.options.engine !== 'server') return;
    const direct = opened.options.url;
    const url = new URL(direct);
    proxy = await ToxicProxy.create(toxiproxyUrl, url.host);
    url.host = proxy.address;
    frozen = await startServer({ ZERODB_POSTGRES_URL: url.href });
    other = await startServer({ ZERODB_POSTGRES_URL: direct });
  });

  afterAll(async () => {
    await Promise.all([frozen.kill(), other.kill()]);
    await proxy.remove();
    await opened.drop();
  });

  const ask = (server: TestServer, path: string, method = 'GET'): Promise<Answer> =>
    clientOf(server.url, { ownDeadlines: true })(path, { method, key: server.rootKey });

  it('goes by an operator’s word that another replica was given', async () => {
    expect((await ask(frozen, '/v1/services/embeddings/drain', 'POST')).status).toBe(200);
    const state = async (): Promise<unknown> => (await ask(other, '/v1/services/embeddings')).json.state;
    await eventually(state, (seen) => seen === 'drained', 5_000);
    expect((await ask(other, '/v1/services/embeddings/restore', 'POST')).status).toBe(200);
    const first = async (): Promise<unknown> => (await ask(frozen, '/v1/services/embeddings')).json.state;
    await eventually(first, (seen) => seen === 'up', 5_000);
  });

  it('answers about its health at once, says that it is not ready, and is ready again', async () => {
    await proxy.blackHole();
    const times: number[] = [];
    const isReady = async (): Promise<boolean> => {
      const started = performance.now();
      const deep = await ask(frozen, '/health/deep');
      times.push(performance.now() - started);
      expect(['ok', 'unavailable']).toContain(deep.json.status);
      return (await ask(frozen, '/ready')).status === 200;
    };
    // Silence has to be long to be told from want of a processor; see decision 23.
    await eventually(isReady, (seen) => !seen, 12_000);
    expect((await ask(other, '/ready')).status).toBe(200);
    await proxy.heal();
    await eventually(isReady, Boolean, 30_000);
    times.sort((a, b) => a - b);
    expect(times[Math.floor(times.length / 2)]).toBeLessThan(50);
  });

  it('writes the history of that afterwards', async () => {
    const path = '/v1/services/postgres/history';
    const stored = async (): Promise<boolean> => {
      const { json } = await ask(other, path);
      return (json.data as { to: string }[]).some(({ to }) => to === 'down');
    };
    await eventually(stored, Boolean, 15_000);
  });
});
