import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { clientOf, type Answer, type Request, type CreatedKey } from '../support/http';
import { startServer, type TestServer } from '../support/server';
import { endsBefore } from '../support/ends-before';

let server: TestServer;
let call: (target: string, request?: Request) => Promise<Answer>;
let root: string;

beforeAll(async () => {
  server = await startServer({ ZERODB_FILES_SWEEP_SECONDS: '1', ZERODB_FILES_GRACE_SECONDS: '5' });
  call = clientOf(server.url);
  root = server.rootKey;
});
afterAll(async () => void (await server.stop()));

const makeProject = async (name: string): Promise<string> => {
  expect((await call('/v1/projects', { key: root, body: { name } })).status).toBe(201);
  return makeKey({ project: name, role: 'admin' }).then(({ key }) => key);
};

const makeKey = async (more: Record<string, unknown>): Promise<CreatedKey> => {
  const { json } = await call('/v1/keys', { key: root, body: { name: 'k', role: 'write', ...more } });
  return json as unknown as CreatedKey;
};

const sign = async (key: string, method: string, file = 'a.txt', bucket = 'box'): Promise<string> => {
  const { json } = await call(`/v1/files/${bucket}/presign`, { key, body: { key: file, method, expires_in: 604_800 } });
  return String(json.url);
};

const put = (key: string, text: string): Promise<Answer> =>
  call('/v1/files/box/a.txt', { method: 'PUT', key, raw: text, headers: { 'content-type': 'text/plain' } });

describe('what is signed', () => {
  it('is no permission in a project that is made again under the old name', async () => {
    const old = await makeProject('acme');
    await call('/v1/buckets/box', { method: 'PUT', key: old, body: {} });
    await put(old, 'of the old tenant');
    const urls = await Promise.all(['GET', 'PUT', 'DELETE'].map(async (method) => [method, await sign(old, method)]));
    await call('/v1/projects/acme', { method: 'DELETE', key: root });
    const key = await makeProject('acme');
    await call('/v1/buckets/box', { method: 'PUT', key, body: {} });
    await put(key, 'of the new tenant');
    for (const [method = '', url = ''] of urls) {
      const { status } = await call(url, { method, ...(method === 'PUT' ? { raw: 'overwritten' } : {}) });
      expect([401, 403]).toContain(status);
    }
    expect((await call('/v1/files/box/a.txt', { key })).text).toBe('of the new tenant');
  });

  it('is refused for a bucket that was deleted and made again', async () => {
    const key = await makeProject('buckets');
    await call('/v1/buckets/box', { method: 'PUT', key, body: {} });
    await put(key, 'first');
    const url = await sign(key, 'GET');
    expect((await call(url)).text).toBe('first');
    await call('/v1/buckets/box?force=true', { method: 'DELETE', key });
    expect((await call(url)).status).toBe(403);
    await call('/v1/buckets/box', { method: 'PUT', key, body: {} });
    await put(key, 'second');
    expect((await call(url)).status).toBe(403);
  });

  it('ends with the key that signed it', async () => {
    const admin = await makeProject('signers');
    await call('/v1/buckets/box', { method: 'PUT', key: admin, body: {} });
    await put(admin, 'here');
    const revoked = await makeKey({ project: 'signers' });
    const url = await sign(revoked.key, 'GET');
    expect((await call(url)).text).toBe('here');
    expect((await call(`/v1/keys/${revoked.id}`, { method: 'DELETE', key: admin })).status).toBe(204);
    expect((await call(url)).status).toBe(403);
    const expires_at = new Date(Date.now() + 1_500).toISOString();
    const short = await makeKey({ project: 'signers', expires_at });
    const signed = await call('/v1/files/box/presign', { key: short.key, body: { key: 'a.txt', expires_in: 3_600 } });
    expect(Date.parse(String(signed.json.expires_at))).toBeLessThanOrEqual(Date.parse(expires_at));
    await sleep(1_600);
    expect((await call(String(signed.json.url))).status).toBe(403);
    expect((await call(await sign(admin, 'GET'))).text).toBe('here');
  });

  it('takes an Idempotency-Key from guests', async () => {
    const key = await makeProject('guests');
    await call('/v1/buckets/box', { method: 'PUT', key, body: {} });
    const headers = { 'idempotency-key': randomUUID(), 'content-type': 'text/plain' };
    const upload = await sign(key, 'PUT');
    expect((await call(upload, { method: 'PUT', raw: 'x', headers })).status).toBe(201);
    const removal = await sign(key, 'DELETE');
    expect((await call(removal, { method: 'DELETE', headers })).status).toBe(204);
    expect((await call(removal, { method: 'DELETE', headers })).status).toBe(404);
    const ticket = { body: { ticket: 'e30.x' }, headers: { 'idempotency-key': randomUUID() } };
    expect((await call('/v1/files/box/complete', ticket)).status).toBe(403);
  });
});

describe('a revoked key', () => {
  const mustEnd = async (ended: Promise<unknown>): Promise<void> => {
    expect(await endsBefore(15_000, ended)).toBe(true);
  };

  it('ends its streams, its sockets and its long polls', async () => {
    const admin = await makeProject('streams');
    await call('/v1/topics/news', { method: 'PUT', key: admin, body: {} });
    const { id, key } = await makeKey({ project: 'streams' });
    const headers = { authorization: `Bearer ${key}` };
    const stream = await fetch(`${server.url}/v1/topics/news/stream`, { headers });
    const reading = stream.text().catch(() => 'cut');
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/realtime`, { headers });
    await new Promise((resolve) => socket.once('message', resolve));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    const graphql = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
    await new Promise((resolve) => graphql.once('open', resolve));
    graphql.send('{"type":"connection_init"}');
    await new Promise((resolve) => graphql.once('message', resolve));
    const graphqlClosed = new Promise<number>((resolve) => graphql.once('close', resolve));
    const poll = call('/v1/topics/news/groups/g/poll', { key, body: { wait_ms: 20_000 } });
    await sleep(300);
    expect((await call(`/v1/keys/${id}`, { method: 'DELETE', key: admin })).status).toBe(204);
    await mustEnd(Promise.all([reading, closed, graphqlClosed, poll]));
    expect([await closed, await graphqlClosed]).toEqual([4401, 4401]);
    expect((await poll).status).toBe(401);
    expect((await call('/v1/topics', { key })).status).toBe(401);
  });

  it('ends a transfer that is under way, and stores nothing of it', async () => {
    const admin = await makeProject('transfers');
    await call('/v1/buckets/box', { method: 'PUT', key: admin, body: {} });
    await call('/v1/collections/c', { method: 'PUT', key: admin, body: { dimension: 2 } });
    const { id, key } = await makeKey({ project: 'transfers' });
    const begin = (path: string, method: string, type: string, first: string): Promise<unknown> => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': type };
      return new Promise((resolve) => {
        const request = httpRequest(`${server.url}${path}`, { method, headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.once('error', () => resolve('cut'));
        request.write(first);
      });
    };
    const ended = Promise.all([
      begin('/v1/files/box/half.txt', 'PUT', 'text/plain', 'half of'),
      begin('/v1/collections/c/import', 'POST', 'application/x-ndjson', '{"id":"a","vector":[1,2]}\n'),
    ]);
    expect(await endsBefore(500, ended)).toBe(false);
    expect((await call(`/v1/keys/${id}`, { method: 'DELETE', key: admin })).status).toBe(204);
    await mustEnd(ended);
    for (const end of await ended) expect([401, 'cut']).toContain(end);
    expect((await call('/v1/files/box/half.txt', { key: admin })).status).toBe(404);
  });

  it('that expires ends them too, and so does the end of the project', async () => {
    const admin = await makeProject('ending');
    await call('/v1/topics/news', { method: 'PUT', key: admin, body: {} });
    const { key } = await makeKey({ project: 'ending', expires_at: new Date(Date.now() + 2_000).toISOString() });
    const read = async (headers: Record<string, string>): Promise<string> =>
      (await fetch(`${server.url}/v1/topics/news/stream`, { headers })).text().catch(() => 'cut');
    await mustEnd(read({ authorization: `Bearer ${key}` }));
    const byRoot = read({ authorization: `Bearer ${root}`, 'zerodb-project': 'ending' });
    await sleep(300);
    await call('/v1/projects/ending', { method: 'DELETE', key: root });
    await mustEnd(byRoot);
    expect((await call('/v1/topics', { key: admin })).status).toBe(401);
  });
});

describe('Idempotency-Key', () => {
  it('replays the making of a key without the key', async () => {
    const admin = await makeProject('replays');
    const request = { key: admin, body: { name: 'n', role: 'read' }, headers: { 'idempotency-key': randomUUID() } };
    const [first, second] = [await call('/v1/keys', request), await call('/v1/keys', request)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.json.key).toMatch(/^zdb_/);
    expect(second.json).toEqual({ ...first.json, key: undefined });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect((await call('/v1/keys', { key: admin })).json.data).toHaveLength(2);
  });

  it('replays the making of a webhook without its secret', async () => {
    const admin = await makeProject('hooks');
    const body = { url: 'https://example.org/hook', topics: ['*'] };
    const request = { method: 'PUT', key: admin, body, headers: { 'idempotency-key': randomUUID() } };
    const [first, second] = [await call('/v1/webhooks/w', request), await call('/v1/webhooks/w', request)];
    expect(first.json.secret).toMatch(/^whsec_/);
    expect(second.json).toEqual({ ...first.json, secret: undefined });
  });

  it('gives a lesser key nothing that a higher one was answered', async () => {
    const admin = await makeProject('roles');
    await call('/v1/buckets/box', { method: 'PUT', key: admin, body: {} });
    const reader = await makeKey({ project: 'roles', role: 'read' });
    const body = { key: 'a.txt', method: 'PUT' };
    const headers = { 'idempotency-key': randomUUID() };
    expect((await call('/v1/files/box/presign', { key: admin, body, headers })).status).toBe(200);
    expect((await call('/v1/files/box/presign', { key: reader.key, body, headers })).status).toBe(403);
    const made = { body: { name: 'x', role: 'read', project: 'roles' }, headers: { 'idempotency-key': randomUUID() } };
    const byRoot = { ...made, headers: { ...made.headers, 'zerodb-project': 'roles' } };
    expect((await call('/v1/keys', { key: root, ...byRoot })).status).toBe(201);
    expect((await call('/v1/keys', { key: admin, ...made })).status).toBe(403);
  });

  it('is refused where it cannot be honoured', async () => {
    const headers = { 'idempotency-key': 'k' };
    const graphql = await call('/graphql', { key: root, body: { query: '{ projects { data { name } } }' }, headers });
    expect([graphql.status, graphql.text]).toEqual([422, expect.stringContaining('idempotency-key')]);
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    expect((await call('/mcp', { key: root, body: message, headers })).status).toBe(422);
  });
});
