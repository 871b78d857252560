import { ApiError, ZeroDbClient } from '../../src/client';
import { startServer, type TestServer } from '../support/server';

const BURST = 20;

/** The TypeScript client against the real product, over HTTP. Each project may make few requests at once. */
describe('the TypeScript client', () => {
  let server: TestServer;
  let client: ZeroDbClient;
  const statuses: number[] = [];

  const counted: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    statuses.push(response.status);
    return response;
  };
  const failureOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    );
  const docs = { path: { collection: 'docs' } } as const;

  beforeAll(async () => {
    server = await startServer({ ZERODB_RATE_LIMIT: '10', ZERODB_RATE_LIMIT_BURST: String(BURST) });
    client = new ZeroDbClient({ url: server.url, key: server.rootKey, retries: 8, fetch: counted });
    await client.put('/v1/collections/{collection}', { ...docs, body: { dimension: 2 }, timeoutMs: 30_000 });
  });
  afterAll(() => server.stop());

  it('stores, searches and lists with the types of the API', async () => {
    const records = ['a/b', 'c d', 'e'].map((id, place) => ({ id, vector: [1, place] }));
    const { upserted } = await client.put('/v1/collections/{collection}/records', { ...docs, body: { records } });
    expect(upserted).toBe(3);
    const record = await client.get('/v1/collections/{collection}/records/{id}', {
      path: { collection: 'docs', id: 'a/b' },
    });
    expect(record).toMatchObject({ id: 'a/b', version: expect.any(Number) as number });
    const found = await client.post('/v1/collections/{collection}/search', {
      ...docs,
      body: { query: { vector: [1, 0] }, limit: 1 },
      timeoutMs: 30_000,
    });
    expect(found.results.map(({ id }) => id)).toEqual(['a/b']);
    const ids: string[] = [];
    for await (const { id } of client.list('/v1/collections/{collection}/records', { ...docs, query: { limit: 1 } }))
      ids.push(id);
    expect(ids).toEqual(['a/b', 'c d', 'e']);
    expect(await client.delete('/v1/collections/{collection}/records/{id}', { path: { ...docs.path, id: 'e' } })).toBe(
      undefined,
    );
  });

  it('sends and reads files whose keys have folders', async () => {
    await client.put('/v1/buckets/{bucket}', { path: { bucket: 'b' }, body: {} });
    const path = { bucket: 'b', key: 'reports/über 1.txt' };
    const stream = { body: new Blob(['hello']), contentType: 'text/plain' };
    const stored = await client.put('/v1/files/{bucket}/{key}', { path, stream });
    expect(stored).toMatchObject({ key: path.key, size: 5, content_type: 'text/plain' });
    expect(await (await client.stream('/v1/files/{bucket}/{key}', { path })).text()).toBe('hello');
  });

  it('throws the problem that the server answers', async () => {
    const missing = await failureOf(client.get('/v1/collections/{collection}', { path: { collection: 'none' } }));
    expect(missing).toBeInstanceOf(ApiError);
    expect(missing).toMatchObject({ status: 404, code: 'not_found', retryable: false, outcome: undefined });
    const faulty = await failureOf(client.post('/v1/projects', { body: { name: '-' } }));
    expect(faulty).toMatchObject({
      status: 422,
      code: 'invalid',
      errors: [{ path: '/name', message: expect.any(String) as string }],
      requestId: expect.any(String) as string,
    });
  });

  it('has the server end a request at its deadline', async () => {
    const body = { query: { text: 'a text that no model has embedded yet' }, mode: 'vector' } as const;
    const path = { collection: 'texts' };
    await client.put('/v1/collections/{collection}', { path, body: {}, timeoutMs: 30_000 });
    const records = [{ id: 'x', text: 'words '.repeat(2_000) }];
    const write = client.put('/v1/collections/{collection}/records', {
      path,
      body: { records },
      timeoutMs: 50,
      retries: 0,
    });
    expect(await failureOf(write)).toMatchObject({ status: 503, code: 'deadline_exceeded', retryable: true });
    const search = client.post('/v1/collections/{collection}/search', { path, body, timeoutMs: 50, retries: 0 });
    expect(await failureOf(search)).toMatchObject({ name: 'ApiError' });
  });

  it('waits out refusals, and every call succeeds', async () => {
    statuses.length = 0;
    const calls = Array.from({ length: BURST + 20 }, () => client.get('/v1/collections/{collection}', docs));
    expect((await Promise.all(calls)).every(({ name }) => name === 'docs')).toBe(true);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
  });

  it('ends a stream when its signal aborts', async () => {
    await client.put('/v1/topics/{topic}', { path: { topic: 't' }, body: {} });
    const controller = new AbortController();
    const response = await client.stream('/v1/topics/{topic}/stream', {
      path: { topic: 't' },
      signal: controller.signal,
    });
    const reason = new Error('seen enough');
    const ended = failureOf(response.text());
    controller.abort(reason);
    expect(await ended).toBe(reason);
    expect(await client.get('/v1/status')).toMatchObject({ project: 'default' });
  });
});
