import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

describe('what the client has already, over HTTP', () => {
  let server: TestServer;
  let call: ReturnType<typeof clientOf>;

  const put = async (path: string, body: object): Promise<void> => {
    const { status } = await call(path, { method: 'PUT', key: server.rootKey, body });
    expect([200, 201]).toContain(status);
  };

  beforeAll(async () => {
    server = await startServer();
    call = clientOf(server.url);
    await put('/v1/collections/c', { dimension: 1 });
    await put('/v1/collections/c/records', { records: [{ id: 'r', vector: [1], metadata: { a: 1 } }] });
    await put('/v1/topics/t', {});
    await put('/v1/buckets/b', {});
    await put('/v1/files/b/f', {});
    const memory = { id: 'm', user_id: 'u', content: 'I live in Rome' };
    const added = await call('/v1/memories', { key: server.rootKey, body: memory });
    expect(added.status).toBe(200);
  });

  afterAll(async () => {
    await server.stop();
  });

  it.each([
    '/v1/collections/c/records/r',
    '/v1/collections/c',
    '/v1/topics/t',
    '/v1/buckets/b',
    '/v1/files/b/f',
    '/v1/memories/m',
  ])('%s is not sent again', async (path) => {
    const read = async (tags?: string) =>
      await call(path, { key: server.rootKey, headers: tags === undefined ? {} : { 'if-none-match': tags } });
    const first = await read();
    const tag = first.headers.get('etag') ?? '';
    expect(first.status).toBe(200);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await read(known);
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', tag]);
    }
    for (const other of ['"other"', tag.replaceAll('"', ''), '']) expect((await read(other)).status).toBe(200);
  });

  it('is sent when it has changed', async () => {
    const path = '/v1/collections/c/records/r';
    const tag = (await call(path, { key: server.rootKey })).headers.get('etag') ?? '';
    const patched = { method: 'PATCH', key: server.rootKey, body: { metadata: { a: 2 } } };
    expect((await call(path, { ...patched, headers: { 'if-none-match': tag } })).status).toBe(200);
    const fresh = await call(path, { key: server.rootKey, headers: { 'if-none-match': tag } });
    expect([fresh.status, fresh.json.metadata]).toEqual([200, { a: 2 }]);
  });
});
