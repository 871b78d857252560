import type { Operation, Projection } from '../../src/client';
import type { CreatedKey } from '../support/http';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
let readKey = '';
beforeAll(async () => {
  server = await startServer();
  await send('PUT', '/v1/collections/seen', { dimension: 2, metric: 'euclid' });
  const records = Array.from({ length: 20 }, (_, n) => ({
    id: `r${n}`,
    vector: [n, n % 2],
    ...(n > 0 && { metadata: { parity: n % 2 === 0 ? 'even' : 'odd' } }),
  }));
  await send('PUT', '/v1/collections/seen/records', { records });
  ({ key: readKey } = (await (await send('POST', '/v1/keys', { name: 'reader', role: 'read' })).json()) as CreatedKey);
});
afterAll(async () => await server.stop());

const send = async (method: string, path: string, body?: unknown, key = server.rootKey): Promise<Response> =>
  await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const get = async (path: string, key?: string): Promise<[number, unknown]> => {
  const answer = await send('GET', path, undefined, key);
  return [answer.status, await answer.json()];
};

const projection = '/v1/collections/seen/projection';

it('makes a projection in the background', async () => {
  const answer = await send('POST', projection);
  const { id } = (await answer.json()) as Operation;
  expect([answer.status, answer.headers.get('location')]).toEqual([202, `/v1/operations/${id}`]);
  for (let state: string = 'running'; state === 'running';) {
    const [, operation] = await get(`/v1/operations/${id}`);
    ({ state } = operation as Operation);
    if (state !== 'running') expect(operation).toMatchObject({ kind: 'projection', result: { points: 20 } });
  }
});

it('shows it to whoever may read, with the values of a field', async () => {
  const [status, shown] = await get(`${projection}?color_by=parity`, readKey);
  const { points } = shown as Projection;
  expect([status, points.length]).toEqual([200, 20]);
  const valueOf = (id: string) => points.find((point) => point.id === id)?.value;
  expect([valueOf('r0'), valueOf('r1'), valueOf('r2')]).toEqual([null, 'odd', 'even']);
  expect(points.every(({ x, y }) => Math.abs(x) <= 1 && Math.abs(y) <= 1)).toBe(true);
});

it.each([
  ['a field that is none', `${projection}?color_by=a..b`, 422],
  ['an unknown parameter', `${projection}?colour=parity`, 422],
  ['a collection that is not there', '/v1/collections/missing/projection', 404],
])('refuses %s', async (_name, path, status) => {
  expect(await get(path)).toMatchObject([status, { status }]);
});

it('lets nobody make one who may only read', async () => {
  expect((await send('POST', projection, undefined, readKey)).status).toBe(403);
});

const search = async (body: object, key?: string): Promise<[number, unknown]> => {
  const answer = await send('POST', '/v1/collections/seen/search', { query: { vector: [1, 1] }, ...body }, key);
  return [answer.status, await answer.json()];
};

it('asks the engine that an administrator names', async () => {
  expect(await search({ engine: 'pgvector' })).toMatchObject([200, { served_by: 'pgvector' }]);
  expect(await search({ engine: 'faiss' })).toMatchObject([422, { errors: [{ path: '/engine' }] }]);
  expect(await search({ engine: 'pgvector' }, readKey)).toMatchObject([403, { code: 'forbidden' }]);
  const batch = { searches: [{ query: { vector: [1, 1] } }, { query: { vector: [1, 1] }, engine: 'pgvector' }] };
  expect((await send('POST', '/v1/collections/seen/search/batch', batch, readKey)).status).toBe(403);
});

it('says that an engine is not there instead of letting another stand in', async () => {
  // Against a product with Qdrant it serves.
  const [status, answer] = await search({ engine: 'qdrant' });
  if (status === 200) expect(answer).toMatchObject({ served_by: 'qdrant' });
  else expect([status, answer]).toMatchObject([409, { code: 'conflict', retryable: true }]);
});

it('tells how equal one collection is to its copy', async () => {
  const [status, answer] = await get('/v1/consistency?collection=seen');
  expect([status, answer]).toMatchObject([200, { data: [{ collection: 'seen', records: 20 }], has_more: false }]);
  expect((await get('/v1/consistency?collection=missing'))[0]).toBe(404);
});
