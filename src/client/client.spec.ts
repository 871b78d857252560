import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ApiError, UnreachableError, ZeroDbClient, pathWith, type Answer } from '.';
import { retryDelayMs } from './retry';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Script = (response: ServerResponse) => void;

const answers =
  (status: number, body: unknown, headers: Record<string, string> = {}): Script =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const silent: Script = () => undefined;
const broken: Script = (response) => void response.destroy();

const refusal = (more: Record<string, unknown> = {}): Script =>
  answers(503, { code: 'unavailable', title: 'Unavailable', detail: 'Wait.', errors: [], retryable: true, ...more });

const details = { status: 503, code: 'unavailable', title: 'x', detail: 'x', errors: [], retryable: true } as const;

describe('the client', () => {
  let server: Server;
  let seen: Seen[];
  let scripts: Script[];
  let client: ZeroDbClient;

  beforeEach(async () => {
    [seen, scripts] = [[], []];
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const { method = '', url = '', headers } = request;
        seen.push({ method, url, headers, body });
        (scripts.shift() ?? answers(200, {}))(response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new ZeroDbClient({ url, key: 'zdb_k', project: 'p' });
  });
  afterEach(() => {
    server.closeAllConnections();
    return new Promise((resolve) => void server.close(resolve));
  });

  const failureOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    );
  const search = { path: { collection: 'docs' }, body: { query: { text: 'x' } } } as const;

  it('sends key, project, deadline, query and body as the operation declares them', async () => {
    scripts = [answers(200, { name: 'a b', records: 3 })];
    const collection: Answer<'get', '/v1/collections/{collection}'> = await client.get('/v1/collections/{collection}', {
      path: { collection: 'a b' },
      timeoutMs: 1500,
    });
    expect(collection.records).toBe(3);
    expect(seen[0]).toMatchObject({
      method: 'GET',
      url: '/v1/collections/a%20b',
      headers: { authorization: 'Bearer zdb_k', 'zerodb-project': 'p', 'request-timeout': '1500' },
    });
    await client.post('/v1/collections/{collection}/search', search);
    expect(seen[1]).toMatchObject({ headers: { 'content-type': 'application/json' }, body: '{"query":{"text":"x"}}' });
  });

  it('turns a problem into an error with its fields', async () => {
    const errors = [{ path: '/name', message: 'is too long' }];
    scripts = [answers(422, { code: 'invalid', title: 'Invalid input', detail: 'Bad.', request_id: 'r-1', errors })];
    const error = await failureOf(client.post('/v1/projects', { body: { name: 'x' } }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, code: 'invalid', errors, retryable: false, requestId: 'r-1' });
  });

  it('shows what a proxy answers', async () => {
    scripts = [answers(500, '<html>proxy</html>', { 'x-request-id': 'r-2' })];
    expect(await failureOf(client.get('/v1/keys'))).toMatchObject({
      code: 'http_500',
      detail: expect.stringContaining('<html>proxy') as string,
      requestId: 'r-2',
      errors: [],
    });
  });

  it('repeats a read after the wait that the server asks for, and keeps to its number of retries', async () => {
    scripts = [refusal(), answers(429, { retryable: true }, { 'retry-after': '1' }), answers(200, { data: [] })];
    const startedAt = performance.now();
    expect(await client.get('/v1/projects')).toEqual({ data: [] });
    expect(performance.now() - startedAt).toBeGreaterThan(1000);
    scripts = [refusal(), refusal()];
    expect(await failureOf(client.get('/v1/projects', { retries: 1 }))).toBeInstanceOf(ApiError);
    expect(seen).toHaveLength(5);
    scripts = [refusal({ retryable: false }), refusal()];
    expect(await failureOf(client.get('/v1/projects'))).toMatchObject({ retryable: false });
    scripts = [answers(503, {}, { 'retry-after': '3600' })];
    expect(await failureOf(client.get('/v1/projects'))).toMatchObject({ retryAfterSeconds: 3600 });
    expect(seen).toHaveLength(7);
  });

  it('repeats a write only when nothing was applied, or when it may be repeated', async () => {
    const create = (more = {}) => client.post('/v1/projects', { body: { name: 'x' }, retries: 1, ...more });
    scripts = [refusal({ outcome: 'unknown' })];
    expect(await failureOf(create())).toMatchObject({ outcome: 'unknown' });
    scripts = [broken];
    expect(await failureOf(create())).toBeInstanceOf(UnreachableError);
    expect(seen).toHaveLength(2);
    scripts = [refusal({ outcome: 'not_applied' })];
    await create();
    scripts = [broken];
    await create({ headers: { 'Idempotency-Key': 'k' } });
    scripts = [refusal({ outcome: 'unknown' })];
    await create({ repeatable: true });
    expect(seen).toHaveLength(8);
  });

  it('sends a stream once', async () => {
    scripts = [refusal({ outcome: 'not_applied' })];
    const body = (async function* () {
      yield Buffer.from('{"id":"a"}\n');
    })();
    const stream = { body, contentType: 'application/x-ndjson' };
    const path = { collection: 'docs' };
    expect(await failureOf(client.post('/v1/collections/{collection}/import', { path, stream }))).toBeInstanceOf(
      ApiError,
    );
    expect(seen).toMatchObject([{ body: '{"id":"a"}\n', headers: { 'content-type': 'application/x-ndjson' } }]);
  });

  it('sends bytes again when nothing was applied', async () => {
    scripts = [refusal({ outcome: 'not_applied' }), answers(200, { size: 5 })];
    const stream = { body: new Blob(['hello']), contentType: 'text/plain' };
    const path = { bucket: 'b', key: 'k' };
    expect(await client.put('/v1/files/{bucket}/{key}', { path, stream })).toEqual({ size: 5 });
    expect(seen.map(({ body }) => body)).toEqual(['hello', 'hello']);
  });

  it('waits by full jitter on top of what the server asks for', () => {
    const random = jest.spyOn(Math, 'random');
    const asked = new ApiError({ ...details, retryAfterSeconds: 2 });
    for (const [share, waits] of [
      [0, [0, 0, 2000]],
      [0.5, [125, 250, 2125]],
    ] as const) {
      random.mockReturnValue(share);
      const error = new ApiError(details);
      expect([retryDelayMs(error, 0, true), retryDelayMs(error, 1, true), retryDelayMs(asked, 0, true)]).toEqual(waits);
    }
    random.mockReturnValue(1);
    expect(retryDelayMs(new ApiError(details), 40, true)).toBe(10_000);
    random.mockRestore();
  });

  it('leaves a silent server soon after the deadline, and says so', async () => {
    scripts = [silent];
    const error = await failureOf(client.get('/v1/projects', { timeoutMs: 50, retries: 0 }));
    expect(error).toBeInstanceOf(UnreachableError);
    expect((error as Error).message).toContain('no answer in 50 ms');
  });

  it('ends with the reason of its signal, in a request and between two', async () => {
    const reason = new Error('changed my mind');
    for (const script of [silent, answers(503, {}, { 'retry-after': '30' })]) {
      scripts = [script];
      const controller = new AbortController();
      const call = failureOf(client.get('/v1/projects', { signal: controller.signal }));
      setTimeout(() => controller.abort(reason), 100);
      expect(await call).toBe(reason);
    }
    expect(seen).toHaveLength(2);
  });

  it('names an address where nobody answers', async () => {
    const error = await failureOf(new ZeroDbClient({ url: 'http://127.0.0.1:9', retries: 0 }).get('/v1/keys'));
    expect(error).toMatchObject({ name: 'UnreachableError', reason: expect.any(String) as string });
  });

  it('reads a list page after page', async () => {
    scripts = [
      answers(200, { data: [{ name: 'a' }, { name: 'b' }], has_more: true, next_cursor: 'c' }),
      answers(200, { data: [{ name: 'd' }], has_more: false, next_cursor: null }),
    ];
    const names: string[] = [];
    for await (const { name } of client.list('/v1/projects', { query: { limit: 2 } })) names.push(name);
    expect(names).toEqual(['a', 'b', 'd']);
    expect(seen.map(({ url }) => url)).toEqual(['/v1/projects?limit=2', '/v1/projects?limit=2&after=c']);
  });
});

describe('a path', () => {
  it.each([
    ['/v1/files/{bucket}/{key}', { bucket: 'b', key: 'a b/../ü.txt' }, '/v1/files/b/a%20b/%252E%252E/%C3%BC.txt'],
    [
      '/v1/collections/{collection}/records/{id}',
      { collection: 'c', id: 'a/b?c' },
      '/v1/collections/c/records/a%2Fb%3Fc',
    ],
  ])('%s takes %j', (template, values, expected) => expect(pathWith(template, values)).toBe(expected));

  it('names a value that is missing', () => {
    expect(() => pathWith('/v1/keys/{id}')).toThrow('"id"');
  });
});
