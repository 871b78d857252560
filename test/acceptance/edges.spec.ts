import { gzipSync } from 'node:zlib';
import type { Key } from '../../src/client';
import { clientOf, type CreatedKey } from '../support/http';
import { spawnServer, startServer, type TestServer } from '../support/server';

describe('the edges, over HTTP', () => {
  let server: TestServer;
  let call: ReturnType<typeof clientOf>;
  const keys: string[] = [];

  const newKey = async (body: object): Promise<CreatedKey> => {
    const answer = await call('/v1/keys', { key: server.rootKey, body });
    expect(answer.status).toBe(201);
    const made = answer.json as unknown as CreatedKey;
    keys.push(made.key);
    return made;
  };

  beforeAll(async () => {
    server = await startServer();
    call = clientOf(server.url);
  });

  afterAll(async () => {
    await server.stop();
  });

  describe('who asks', () => {
    it('refuses a request without a key, and one with an unknown key', async () => {
      const none = await call('/v1/status');
      expect(none.status).toBe(401);
      expect(none.headers.get('content-type')).toContain('application/problem+json');
      expect(none.headers.get('www-authenticate')).toContain('Bearer');
      expect((await call('/v1/status', { key: `zdb_${'0'.repeat(16)}_${'a'.repeat(43)}` })).status).toBe(401);
      expect((await call('/v1/status', { key: 'nonsense' })).status).toBe(401);
    });

    it('takes a key in any of three headers', async () => {
      for (const header of ['x-api-key', 'api-key']) {
        expect((await call('/v1/status', { headers: { [header]: server.rootKey } })).status).toBe(200);
      }
      expect((await call('/v1/status', { key: server.rootKey })).status).toBe(200);
    });

    it('lets a reader read, and neither write nor manage', async () => {
      const { key } = await newKey({ name: 'reader', role: 'read' });
      expect((await call('/v1/status', { key })).status).toBe(200);
      const refused = await call('/v1/keys', { key, body: { name: 'x', role: 'read' } });
      expect(refused.status).toBe(403);
      expect(refused.json.code).toBe('forbidden');
    });

    it('refuses a revoked key at once, and an expired one, each by name', async () => {
      const revoked = await newKey({ name: 'short', role: 'admin' });
      expect((await call('/v1/status', { key: revoked.key })).status).toBe(200);
      expect((await call(`/v1/keys/${revoked.id}`, { method: 'DELETE', key: server.rootKey })).status).toBe(204);
      expect((await call('/v1/status', { key: revoked.key })).json.code).toBe('key_revoked');
      const brief = await newKey({ name: 'b', role: 'read', expires_at: new Date(Date.now() + 700).toISOString() });
      await new Promise((resolve) => setTimeout(resolve, 900));
      expect((await call('/v1/status', { key: brief.key })).json.code).toBe('key_expired');
    });

    it('refuses an expiry in the past', async () => {
      const body = { name: 'x', role: 'read', expires_at: '2020-01-01T00:00:00Z' };
      const answer = await call('/v1/keys', { key: server.rootKey, body });
      expect([answer.status, answer.json.errors[0]?.path]).toEqual([422, '/expires_at']);
    });

    it('keeps projects apart, and deletes one with its keys', async () => {
      const root = server.rootKey;
      expect((await call('/v1/projects', { key: root, body: { name: 'other' } })).status).toBe(201);
      expect((await call('/v1/projects', { key: root, body: { name: 'other' } })).status).toBe(409);
      const { key } = await newKey({ name: 'o', role: 'admin', project: 'other' });
      expect((await call('/v1/status', { key })).json.project).toBe('other');
      expect((await call('/v1/status', { key, headers: { 'zerodb-project': 'default' } })).status).toBe(403);
      expect((await call('/v1/status', { key: root, headers: { 'zerodb-project': 'other' } })).json.project).toBe(
        'other',
      );
      expect((await call('/v1/status', { key: root, headers: { 'zerodb-project': 'none' } })).status).toBe(404);
      expect((await call('/v1/projects', { key })).status).toBe(403);
      const vectors = await call('/v1/collections/docs', { method: 'PUT', key, body: { dimension: 3 } });
      expect(vectors.status).toBe(201);
      const deleted = await call('/v1/projects/other', { method: 'DELETE', key: root });
      expect([deleted.status, deleted.json]).toEqual([200, expect.objectContaining({ name: 'other', deleted: true })]);
      expect((await call('/v1/status', { key })).status).toBe(401);
      expect((await call('/v1/projects/default', { method: 'DELETE', key: root })).status).toBe(409);
    });

    it('pages through keys', async () => {
      for (const name of ['p1', 'p2', 'p3']) await newKey({ name, role: 'read' });
      const seen: string[] = [];
      for (let after = ''; ;) {
        const page = await call(`/v1/keys?limit=2${after}`, { key: server.rootKey });
        seen.push(...(page.json.data as Key[]).map(({ id }) => id));
        if (!page.json.has_more) break;
        after = `&after=${encodeURIComponent(String(page.json.next_cursor))}`;
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBeGreaterThanOrEqual(3);
    });
  });

  describe('bad input', () => {
    const bodies: [string, string | Uint8Array<ArrayBuffer>, number, string | undefined][] = [
      ['broken JSON', '{"name": ', 400, undefined],
      ['invalid UTF-8', Uint8Array.from([0x22, 0xff, 0xfe, 0x22]), 400, undefined],
      ['a prototype', '{"__proto__": {"a": 1}, "name": "x"}', 400, undefined],
      ['nothing', '', 400, undefined],
      ['an unknown field', '{"name":"x","role":"read","colour":1}', 422, '/colour'],
      ['a missing field', '{"name":"x"}', 422, '/role'],
      ['a wrong type', '{"name":7,"role":"read"}', 422, '/name'],
      ['another root', '[1]', 422, ''],
      ['a control character', '{"name":"\\u0000","role":"read"}', 422, '/name'],
      ['a lone surrogate', '{"name":"\\ud800","role":"read"}', 422, '/name'],
    ];

    it.each(bodies)('refuses %s', async (_what, raw, status, path) => {
      const answer = await call('/v1/keys', { key: server.rootKey, raw });
      expect(answer.status).toBe(status);
      expect(answer.json.request_id).toBe(answer.headers.get('x-request-id'));
      if (path !== undefined) expect(answer.json.errors.map((fault) => fault.path)).toContain(path);
    });

    it.each([
      ['/v1/keys?limit=0', 422, 'query:limit'],
      ['/v1/keys?limit=-1', 422, 'query:limit'],
      ['/v1/keys?limit=1001', 422, 'query:limit'],
      ['/v1/keys?limit=1&limit=2', 422, 'query:limit'],
      ['/v1/keys?colour=1', 422, 'query:colour'],
      ['/v1/keys?after=nonsense', 422, 'query:after'],
    ])('refuses %s', async (target, status, path) => {
      const answer = await call(target, { key: server.rootKey });
      expect([answer.status, answer.json.errors[0]?.path]).toEqual([status, path]);
    });

    it('refuses broken percent-encoding in paths and queries', async () => {
      expect((await call('/v1/projects/%ZZ', { method: 'DELETE', key: server.rootKey })).status).toBe(400);
      expect((await call('/v1/keys?limit=%ff', { key: server.rootKey })).status).toBe(400);
      expect((await call('/v1/keys?limit=%', { key: server.rootKey })).status).toBe(400);
    });

    it('refuses other media types and encodings', async () => {
      const key = server.rootKey;
      const raw = '{"name":"x","role":"read"}';
      expect((await call('/v1/keys', { key, raw, headers: { 'content-type': 'text/plain' } })).status).toBe(415);
      expect((await call('/v1/keys', { key, raw, headers: { 'content-encoding': 'br' } })).status).toBe(415);
      const latin = { 'content-type': 'application/json; charset=latin1' };
      expect((await call('/v1/keys', { key, raw, headers: latin })).status).toBe(415);
    });

    it.each([
      ['POST', '/v1/collections/x', 'DELETE, GET, PATCH, PUT'],
      ['POST', '/v1/collections/x/records', 'GET, PUT'],
      ['PUT', '/v1/collections/x/search', 'POST'],
      ['PATCH', '/v1/files/b/a/long/key', 'DELETE, GET, HEAD, PUT'],
      ['DELETE', '/health', 'GET'],
      ['POST', '/', 'GET'],
      ['POST', '/docs', 'GET'],
      ['PUT', '/openapi.json', 'GET'],
      ['POST', '/redoc', 'GET'],
      ['POST', '/admin', 'GET'],
      ['DELETE', '/admin/collections', 'GET'],
      ['PUT', '/graphql', 'GET, POST'],
      ['GET', '/mcp', 'OPTIONS, POST'],
      ['OPTIONS', '/v1/topics', 'GET'],
      ['POST', '/.well-known/oauth-protected-resource', 'GET'],
    ])('answers %s %s with 405 and names what it supports', async (method, target, allow) => {
      const answer = await call(target, { method, key: server.rootKey });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.json).toMatchObject({ code: 'method_not_allowed', status: 405 });
      const useful = allow.split(', ').filter((one) => !['HEAD', 'OPTIONS'].includes(one));
      for (const one of useful) expect(String(answer.json.detail)).toMatch(new RegExp(`use .*\\b${one}\\b`));
    });

    it.each(['/v1/collections/x/', '/v1/collections/x/nothing', '/docs/nothing.js', '/v2'])(
      'knows no path %s, with whichever method',
      async (target) => {
        for (const method of ['GET', 'PUT', 'POST', 'DELETE']) {
          expect((await call(target, { method, key: server.rootKey })).status).toBe(404);
        }
      },
    );

    it('shows a browser the dashboard at /, and everybody else where things are', async () => {
      const ask = (accept: string): Promise<Response> => fetch(server.url, { headers: { accept }, redirect: 'manual' });
      const browser = await ask('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8');
      expect([browser.status, browser.headers.get('location')]).toEqual([302, '/admin']);
      for (const accept of ['*/*', 'application/json', 'text/html;q=0.1, application/json']) {
        const other = await ask(accept);
        expect([other.status, ((await other.json()) as { name: string }).name]).toEqual([200, 'ZeroDB']);
        expect(other.headers.get('vary')).toContain('accept');
      }
    });

    it('answers an unknown route with 404 and another method with 405', async () => {
      expect((await call('/v1/nothing')).status).toBe(404);
      const answer = await call('/v1/keys', { method: 'PATCH' });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST']);
    });

    it.each(['49', '60001', 'soon', '-1'])('refuses the timeout %s', async (value) => {
      const answer = await call('/v1/status', { key: server.rootKey, headers: { 'request-timeout': value } });
      expect([answer.status, answer.json.errors[0]?.path]).toEqual([422, 'header:request-timeout']);
    });
  });

  describe('bodies', () => {
    it('inflates gzip, and bounds it', async () => {
      const headers = { 'content-encoding': 'gzip' };
      const small = Uint8Array.from(gzipSync('{"name":"zipped","role":"read"}'));
      const answer = await call('/v1/keys', { key: server.rootKey, raw: small, headers });
      expect(answer.status).toBe(201);
      keys.push(String(answer.json.key));
      const bomb = Uint8Array.from(gzipSync(Buffer.alloc(80 * 1024 * 1024, 0x20)));
      expect((await call('/v1/keys', { key: server.rootKey, raw: bomb, headers })).status).toBe(413);
      const broken = Uint8Array.from([1, 2, 3]);
      expect((await call('/v1/keys', { key: server.rootKey, raw: broken, headers })).status).toBe(400);
    });
  });

  describe('Idempotency-Key', () => {
    const create = (name: string, key: string) =>
      call('/v1/projects', { key: server.rootKey, body: { name }, headers: { 'idempotency-key': key } });

    it('replays the first answer, and refuses another body', async () => {
      const first = await create('once', 'k1');
      const second = await create('once', 'k1');
      expect([first.status, second.status]).toEqual([201, 201]);
      expect(second.text).toBe(first.text);
      expect(first.headers.get('idempotency-replayed')).toBeNull();
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      const other = await create('another', 'k1');
      expect([other.status, other.json.errors[0]?.path]).toEqual([422, 'header:idempotency-key']);
    });

    it('replays faults of the request too', async () => {
      const first = await create('bad/name', 'k2');
      const second = await create('bad/name', 'k2');
      expect([first.status, second.status]).toEqual([422, 422]);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
    });

    it('runs once when many arrive together', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => create('race', 'k3')));
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(1);
      expect(statuses.every((status) => status === 201 || status === 409)).toBe(true);
      expect((await create('race', 'k3')).status).toBe(201);
    });

    it('refuses a key that is too long', async () => {
      expect((await create('x', 'k'.repeat(256))).status).toBe(422);
    });
  });

  describe('what everyone may see', () => {
    it.each(['/health', '/livez', '/ready', '/readyz', '/health/deep'])('%s is well', async (path) => {
      const answer = await call(path);
      expect([answer.status, answer.json.status]).toEqual([200, 'ok']);
    });

    it('counts requests by declared routes alone', async () => {
      await call('/v1/never-declared-route');
      const { text } = await call('/metrics');
      expect(text).toContain('route="/v1/keys"');
      expect(text).not.toContain('never-declared-route');
    });

    it.each(['/docs', '/redoc'])('%s needs nothing from elsewhere', async (path) => {
      const answer = await call(path);
      expect(answer.text).not.toMatch(/(src|href)="(https?:)?\/\//);
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(/script-src ([^;]*)/.exec(policy)?.[1]).toBe("'self'");
      for (const [, file] of answer.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
        expect((await call(String(file))).status).toBe(200);
      }
    });

    it('describes itself in OpenAPI 3.1', async () => {
      const { json } = await call('/openapi.json');
      expect(json.openapi).toBe('3.1.0');
      expect(Object.keys(json.paths as object)).toContain('/v1/keys');
    });

    it('protects its answers', async () => {
      const { headers } = await call('/');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    });

    it('takes a sane request id and makes one otherwise', async () => {
      expect((await call('/', { headers: { 'x-request-id': 'abc-1' } })).headers.get('x-request-id')).toBe('abc-1');
      const made = (await call('/', { headers: { 'x-request-id': 'a b<script>' } })).headers.get('x-request-id');
      expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    });
  });

  it('continues the trace of the caller, and logs no key', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    await call('/v1/status', { key: server.rootKey, headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } });
    if (!server.logs()) return;
    // The line is written once the answer is out, so it may come a moment later.
    for (let i = 0; i < 40 && !server.logs().includes(trace); i += 1) await new Promise((done) => setTimeout(done, 25));
    expect(server.logs()).toContain(trace);
    for (const key of [server.rootKey, ...keys]) expect(server.logs()).not.toContain(key);
  });
});

describe('the process', () => {
  it('lists every fault of its settings and stops with 78', async () => {
    const child = spawnServer({
      ZERODB_PORT: 'seven',
      ZERODB_LOG_LEVL: 'info',
      ZERODB_QDRANT_URL: 'localhost:6333',
    });
    let output = '';
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(78);
    expect(output).toContain('ZERODB_PORT');
    expect(output).toContain('Did you mean ZERODB_LOG_LEVEL?');
    expect(output).toContain('ZERODB_QDRANT_URL: must be URLs');
  });

  it('stops cleanly, and limits the rate where that is set', async () => {
    const server = await startServer({ ZERODB_RATE_LIMIT: '1', ZERODB_RATE_LIMIT_BURST: '2' });
    const call = clientOf(server.url);
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push(await call('/v1/status', { key: server.rootKey }));
    expect(answers[0]?.headers.get('ratelimit-limit')).toBe('2');
    const limited = answers.find(({ status }) => status === 429);
    expect(limited?.headers.get('retry-after')).toBe('1');
    expect(await server.stop()).toBe(0);
  });
});
