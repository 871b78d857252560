import type { ServiceTransition } from '../../src/client';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';
import { eventually } from '../support/eventually';

const NAMES = ['postgres', 'qdrant', 'object_store', 'broker', 'embeddings'];
const HISTORY = '/v1/services/embeddings/history';

describe('the services, over HTTP', () => {
  let server: TestServer;
  let get: (path: string) => Promise<Answer>;
  let post: (path: string, body?: unknown) => Promise<Answer>;

  beforeAll(async () => {
    server = await startServer();
    const call = clientOf(server.url);
    const key = server.rootKey;
    get = (path) => call(path, { key });
    post = (path, body) => call(path, { key, method: 'POST', ...(body === undefined ? {} : { body }) });
  });

  afterAll(async () => {
    await server.stop();
  });

  const until = (state: string): Promise<unknown> =>
    eventually(
      async () => (await get('/v1/services/embeddings')).json.state,
      (seen) => seen === state,
      10_000,
    );

  it('lists all five, those that are not configured included', async () => {
    const answer = await get('/v1/services');
    const services = answer.json.data as Record<string, unknown>[];
    expect(answer.status).toBe(200);
    expect(services.map(({ name }) => name)).toEqual(NAMES);
    expect(services[0]).toMatchObject({ state: 'up', last_probe: { ok: true }, can_rebuild: false });
    expect(services.filter(({ state }) => state === 'disabled').every(({ kind }) => kind === null)).toBe(true);
  });

  it('shows one, and knows no other', async () => {
    expect((await get('/v1/services/postgres')).json).toMatchObject({ name: 'postgres', state: 'up' });
    const unknown = await get('/v1/services/oracle');
    expect([unknown.status, unknown.json.code]).toEqual([404, 'not_found']);
    for (const verb of ['drain', 'restore', 'rebuild']) {
      expect((await post(`/v1/services/oracle/${verb}`)).status).toBe(404);
    }
  });

  it('refuses what makes no sense, and says why', async () => {
    for (const path of ['postgres/drain', 'postgres/rebuild', 'embeddings/rebuild']) {
      const answer = await post(`/v1/services/${path}`);
      expect([answer.status, answer.json.code]).toEqual([409, 'conflict']);
      expect(answer.json.detail).toContain(path.startsWith('postgres') ? 'Postgres is the record' : 'no copy');
    }
    const odd = await post('/v1/services/embeddings/drain', { reason: '', more: 1 });
    expect(odd.status).toBe(422);
    expect(odd.json.errors.map(({ path }) => path).sort()).toEqual(['/more', '/reason']);
  });

  it('drains a service, says so everywhere, and lets it come back', async () => {
    const drained = await post('/v1/services/embeddings/drain', { reason: 'a test' });
    expect([drained.status, drained.json.state]).toEqual([200, 'drained']);
    const deep = await get('/health/deep');
    expect([deep.status, deep.json.status]).toEqual([503, 'degraded']);
    expect((await get('/ready')).status).toBe(200);
    expect((await get('/metrics')).text).toContain('zerodb_service_state{service="embeddings",state="drained"} 1');
    expect((await post('/v1/services/embeddings/restore')).status).toBe(200);
    await until('up');
    expect((await get('/health/deep')).status).toBe(200);
  });

  it('keeps the history of the states, in pages, the newest first', async () => {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const first = await get(`${HISTORY}?limit=2`);
    const [newest] = first.json.data as ServiceTransition[];
    expect(newest).toMatchObject({ from: 'down', to: 'up' });
    expect(first.json.has_more).toBe(true);
    const second = await get(`${HISTORY}?after=${String(first.json.next_cursor)}`);
    const [drain] = second.json.data as ServiceTransition[];
    expect(drain).toMatchObject({ from: 'up', to: 'drained', reason: 'drained by an operator: a test' });
  });

  it('takes no cursor of another list', async () => {
    const { json } = await get(`${HISTORY}?limit=1`);
    for (const cursor of [String(json.next_cursor), 'nonsense']) {
      const answer = await get(`/v1/services/postgres/history?after=${cursor}`);
      expect([answer.status, answer.json.errors[0]?.path]).toEqual([422, 'query:after']);
    }
  });

  it('is for administrators to read and for root alone to change', async () => {
    const call = clientOf(server.url);
    const made = await post('/v1/keys', { name: 'reader', role: 'write' });
    const admin = await post('/v1/keys', { name: 'admin', role: 'admin' });
    expect((await call('/v1/services', { key: String(made.json.key) })).status).toBe(403);
    expect((await call('/v1/services', { key: String(admin.json.key) })).status).toBe(200);
    const refused = await call('/v1/services/embeddings/drain', { method: 'POST', key: String(admin.json.key) });
    expect(refused.status).toBe(403);
  });
});
