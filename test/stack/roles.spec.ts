import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { healthPaths } from '../support/health-paths';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';
import { eventually } from '../support/eventually';

/** Real: two processes of the product on one Postgres server, as the full stack starts them. */
describeWith(services.postgresUrl)('the roles', () => {
  let database: TestDatabase;
  let api: TestServer;
  let worker: TestServer | undefined;
  let call: (method: string, path: string, body?: unknown) => Promise<Answer>;
  const settings = (role: string): Record<string, string> => ({
    ZERODB_ROLE: role,
    ZERODB_POSTGRES_URL: database.options.engine === 'server' ? database.options.url : '',
  });

  beforeAll(async () => {
    database = await openTestDatabase('server');
    api = await startServer(settings('api'));
    const request = clientOf(api.url);
    call = async (method, path, body) =>
      await request(path, { method, key: api.rootKey, ...(body === undefined ? {} : { body }) });
  });

  afterAll(async () => {
    await worker?.stop();
    await api.stop();
    await database.drop();
  });

  const embedded = async (id: string): Promise<boolean> => {
    const { rows } = await database.database.system.query(
      'select from zerodb_memory_records where id = $1 and embedded',
      [id],
    );
    return rows.length === 1;
  };

  it('leaves background work to the workers', async () => {
    const added = await call('POST', '/v1/memories', { content: 'The harbour opens at six.', user_id: 'u1' });
    const [memory] = added.json.data as { id: string }[];
    expect([added.status, typeof memory?.id]).toEqual([200, 'string']);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await embedded(memory?.id ?? '')).toBe(false);
    worker = await startServer(settings('worker'));
    await eventually(() => embedded(memory?.id ?? ''), Boolean, 60_000);
  });

  it('lists the work of workers as stopped in the others, and runs the rest', async () => {
    const { json } = await call('GET', '/v1/background');
    const pieces = json['data'] as { name: string; role: string; state: string; runs: number }[];
    for (const { name, role, state, runs } of pieces) {
      if (role === 'worker') expect([name, state, runs]).toEqual([name, 'stopped', 0]);
      else expect([name, state]).not.toEqual([name, 'stopped']);
    }
    expect(new Set(pieces.map(({ role }) => role))).toEqual(new Set(['any', 'worker']));
    const figures = (await clientOf(worker?.url ?? '')('/metrics')).text;
    expect(figures).toMatch(/^zerodb_background_runs_total\{name="memory_embedder",outcome="ok"\} [1-9]/m);
  });

  it('gives a worker no doors but health and metrics', async () => {
    const request = clientOf(worker?.url ?? '');
    for (const path of healthPaths()) expect((await request(path)).status).not.toBe(404);
    for (const path of ['/v1/collections', '/v1/status', '/docs', '/openapi.json', '/mcp', '/admin', '/graphql']) {
      const answer = await request(path, { key: api.rootKey });
      expect([path, answer.status, answer.json.code]).toEqual([path, 404, 'not_found']);
    }
    expect(await firstLine(new URL(worker?.url ?? ''), '/v1/realtime')).toContain('404');
  });

  it('says in its metrics what it is, and nothing of what was asked', async () => {
    const name = `x${randomBytes(6).toString('hex')}`;
    await call('GET', `/v1/collections/${name}`);
    await call('GET', `/${name}?${name}=1`);
    await call('POST', `/v1/collections/${name}/search`, { query: { text: name } });
    const { text } = await call('GET', '/metrics');
    expect(text).toMatch(/^zerodb_build_info\{version="[^"]+",role="api",engine="server"\} 1$/m);
    expect(text).toMatch(/^zerodb_database_connections\{pool="projects",state="most"\} \d+$/m);
    expect(text).not.toContain(name);
  });
});

describe('draining', () => {
  it('is not ready at once, goes on serving, finishes what is under way, and ends well', async () => {
    const server = await startServer({ ZERODB_DRAIN_DELAY_MS: '1500' });
    const request = clientOf(server.url);
    expect((await request('/readyz')).status).toBe(200);
    const ended = server.stop();
    await eventually(
      () => request('/readyz'),
      ({ status }) => status === 503,
      1_000,
    );
    const answer = await request('/v1/collections', { key: server.rootKey });
    const metrics = await request('/metrics');
    expect([answer.status, /^zerodb_ready 0$/m.test(metrics.text)]).toEqual([200, true]);
    expect(await ended).toBe(0);
    await expect(request('/livez')).rejects.toThrow();
  });
});

/** The first line of the answer to a request for a WebSocket. */
const firstLine = (url: URL, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname);
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString().split('\r\n')[0] ?? '');
    });
    const headers = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ];
    socket.write([`GET ${path} HTTP/1.1`, `Host: ${url.host}`, ...headers, '', ''].join('\r\n'));
  });
