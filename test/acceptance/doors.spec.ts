import { execFile } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { declaredEndpoints } from '../../src/generate/declared-endpoints';
import type { EndpointDefinition } from '../../src/api/endpoint';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

const MIB = 1024 * 1024;
/** 63 kB that inflate to 64 MiB. */
const bomb = Uint8Array.from(gzipSync(Buffer.alloc(64 * MIB, 0x20)));
const GZIP = { 'content-encoding': 'gzip' };

let server: TestServer;
let call: ReturnType<typeof clientOf>;

beforeAll(async () => {
  server = await startServer();
  call = clientOf(server.url);
});
afterAll(async () => await server.stop());

const endpoints = declaredEndpoints();
const nameOf = ({ method, path }: EndpointDefinition): string => `${method} ${path}`;
/** The path with a value for each of its parameters. */
const pathOf = ({ path }: EndpointDefinition, value = 'a'): string => path.replaceAll(/\{\w+\*?\}/g, value);
const mediaTypeOf = ({ body }: EndpointDefinition): string =>
  body !== undefined && 'stream' in body && body.stream !== '*/*' ? body.stream : 'application/json';
const port = (): number => Number(new URL(server.url).port);

/** Writes to a connection of its own, and gives all that comes until the other side ends or `isEnough`. */
const exchange = (
  write: (socket: Socket) => void,
  isEnough: (got: string) => boolean = () => false,
): Promise<{ got: string; isEnded: boolean }> =>
  new Promise((resolve, reject) => {
    let got = '';
    const socket = connect({ port: port(), host: '127.0.0.1' }, () => write(socket));
    const timer = setTimeout(() => done(false), 20_000);
    const done = (isEnded: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ got, isEnded });
    };
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
      if (isEnough(got)) done(false);
    });
    socket.on('end', () => done(true));
    socket.on('error', (error) => (got === '' ? reject(error) : done(true)));
  });

describe('before it is known who asks', () => {
  const closed = endpoints.filter(({ access, method }) => access !== 'public' && method !== 'GET' && method !== 'HEAD');

  it('inflates nothing for a guest, whatever the endpoint', async () => {
    const started = performance.now();
    const answers = new Map<string, number>();
    for (const endpoint of closed) {
      const headers = { ...GZIP, 'content-type': mediaTypeOf(endpoint) };
      const answer = await call(pathOf(endpoint), { method: endpoint.method, raw: bomb, headers });
      answers.set(nameOf(endpoint), answer.status);
    }
    // What a guest may send is checked by its length, before it is by its signature.
    const expected = closed.map((endpoint) => {
      const isTicket = endpoint.operationId === 'completeDirectUpload';
      const takesNone = endpoint.guests === true && endpoint.body === undefined;
      return [nameOf(endpoint), isTicket ? 413 : takesNone ? 422 : 401] as const;
    });
    expect([...answers]).toEqual(expected);
    // One that is inflated takes more than half a second; there are more than fifty of them.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it.each(['/graphql', '/mcp'])('inflates nothing for a guest of %s', async (path) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await call(path, { method, raw: bomb, headers: GZIP });
      expect(answer.status).toBe(method === 'POST' ? 401 : 405);
    }
  });

  it('asks nobody for a body that it will not take', async () => {
    for (const endpoint of closed.filter(({ body }) => body !== undefined)) {
      const head = `${endpoint.method} ${pathOf(endpoint)} HTTP/1.1\r\nHost: x\r\nContent-Type: ${mediaTypeOf(endpoint)}\r\n`;
      const size = endpoint.operationId === 'completeDirectUpload' ? 100_000 : 100;
      const { got, isEnded } = await exchange((socket) =>
        socket.write(`${head}Content-Length: ${size}\r\nExpect: 100-continue\r\n\r\n`),
      );
      expect([nameOf(endpoint), /^HTTP\/1.1 4(01|13) /.test(got), isEnded]).toEqual([nameOf(endpoint), true, true]);
    }
  });

  it('takes the body of somebody known after a word', async () => {
    await call('/v1/buckets/waiting', { method: 'PUT', key: server.rootKey, body: {} });
    const { got } = await exchange(
      (socket) => {
        socket.write(
          `PUT /v1/files/waiting/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.rootKey}\r\n` +
            'Content-Length: 5\r\nExpect: 100-continue\r\n\r\n',
        );
        socket.once('data', (chunk) => chunk.toString().includes('100 Continue') && socket.write('hello'));
      },
      (text) => text.includes('"sha256"'),
    );
    expect(got).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 201 /);
  });

  it('tells a client that sends on and on, and reads to the end of nothing', async () => {
    let sent = 0;
    const { got, isEnded } = await exchange((socket) => {
      socket.write(
        'POST /v1/keys HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000000\r\n\r\n',
      );
      const chunk = Buffer.alloc(MIB, 0x20);
      const more = (): void => {
        if (socket.destroyed || sent >= 3 * MIB) return;
        sent += chunk.length;
        socket.write(chunk, more);
      };
      more();
    });
    expect(got).toMatch(/^HTTP\/1.1 401 /);
    expect(got.toLowerCase()).toContain('connection: close');
    expect(isEnded).toBe(true);
  });

  it('does not grow by bombs that come together', async () => {
    const resident = async (): Promise<number> =>
      Number(/^process_resident_memory_bytes (\S+)$/m.exec((await call('/metrics')).text)?.[1] ?? 0);
    const before = await resident();
    const small = Uint8Array.from(gzipSync(Buffer.alloc(7 * MIB, 0x20)));
    const all = Array.from({ length: 24 }, (_, at) =>
      call('/v1/files/b/complete', { raw: at % 2 === 0 ? bomb : small, headers: GZIP }),
    );
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(all.map(() => 413));
    expect((await resident()) - before).toBeLessThan(100 * MIB);
  });

  it('lets no WebSocket send much', async () => {
    for (const [path, protocol] of [
      ['/graphql', 'graphql-transport-ws'],
      ['/v1/realtime', undefined],
    ] as const) {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, protocol ?? []);
      const closed = new Promise<number>((resolve) => socket.once('close', resolve));
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('open', resolve));
      socket.send(JSON.stringify({ type: 'connection_init', payload: { a: 'x'.repeat(60 * 1024) } }));
      socket.send(JSON.stringify({ type: 'connection_init', payload: { a: 'x'.repeat(60 * 1024) } }));
      expect([1006, 4401, 4429]).toContain(await closed);
    }
  });
});

describe('with a key', () => {
  const key = (): string => server.rootKey;

  it('ends a bomb after a small multiple, in streams too', async () => {
    await call('/v1/collections/bombs', { method: 'PUT', key: key(), body: { dimension: 2 } });
    await call('/v1/buckets/bombs', { method: 'PUT', key: key(), body: {} });
    const bombs: [string, string, string][] = [
      ['PUT', '/v1/collections/bombs/records', 'application/json'],
      ['POST', '/v1/collections/bombs/import', 'application/x-ndjson'],
      ['PUT', '/v1/files/bombs/a', 'application/octet-stream'],
      ['POST', '/mcp', 'application/json'],
      ['POST', '/graphql', 'application/json'],
    ];
    for (const [method, path, type] of bombs) {
      const answer = await call(path, { method, key: key(), raw: bomb, headers: { ...GZIP, 'content-type': type } });
      expect([path, answer.status]).toEqual([path, 413]);
    }
  });

  it('takes what compresses well', async () => {
    const records = Array.from({ length: 2_000 }, (_, at) => ({
      id: `r${at}`,
      vector: [at, 1],
      metadata: { a: 'same' },
    }));
    const raw = Uint8Array.from(gzipSync(JSON.stringify({ records })));
    const answer = await call('/v1/collections/bombs/records', { method: 'PUT', key: key(), raw, headers: GZIP });
    expect([answer.status, answer.json.upserted]).toEqual([200, 2_000]);
  });

  it('bounds each body by what it is for', async () => {
    const raw = JSON.stringify({ name: 'x'.repeat(2 * MIB), role: 'read' });
    expect((await call('/v1/keys', { key: key(), raw })).status).toBe(413);
    expect((await call('/graphql', { key: key(), raw })).status).toBe(413);
  });
});

describe('what no record can hold', () => {
  const withParameters = endpoints.filter(({ path, method }) => path.includes('{') && method !== 'HEAD');

  it.each(['a%00b', '%ED%A0%80', '%C0%80', '%FF', '%'])('%s in a path is a 4xx everywhere', async (value) => {
    for (const endpoint of withParameters) {
      const answer = await call(pathOf(endpoint, value), { method: endpoint.method, key: server.rootKey });
      expect([nameOf(endpoint), answer.status >= 400 && answer.status < 500]).toEqual([nameOf(endpoint), true]);
      if (value === 'a%00b') expect(answer.json.errors[0]?.path).toMatch(/^path:/);
    }
  });

  it('a NUL in a query is a 4xx that names it, everywhere', async () => {
    for (const endpoint of endpoints.filter(({ method }) => method !== 'HEAD')) {
      for (const name of Object.keys(endpoint.query?.shape ?? { anything: true })) {
        const target = `${pathOf(endpoint, '1')}?${name}=a%00b`;
        const answer = await call(target, { method: endpoint.method, key: server.rootKey });
        const found = [answer.status >= 400 && answer.status < 500, answer.json.errors[0]?.path.startsWith('query:')];
        // Where a value has a form of its own, what else is wrong with the path may be told first.
        if (answer.json.errors[0]?.path.startsWith('path:')) found[1] = true;
        expect([target, ...found]).toEqual([target, true, true]);
      }
    }
  });

  it.each(['a\u0000b', '\ud800'])('text %j in a body is a 4xx that names the field, everywhere', async (text) => {
    const taking = endpoints.filter(({ body }) => body !== undefined && !('stream' in body));
    for (const endpoint of taking) {
      for (const body of [{ any: { thing: [text] } }, { [text]: 1 }, [text]]) {
        const answer = await call(pathOf(endpoint, '1'), { method: endpoint.method, key: server.rootKey, body });
        expect([nameOf(endpoint), answer.status]).toEqual([nameOf(endpoint), 422]);
      }
    }
  });

  it('is refused by GraphQL and MCP too', async () => {
    const query = 'mutation($n: String!) { createProject(input: { name: $n }) { name } }';
    const graphql = await call('/graphql', { key: server.rootKey, body: { query, variables: { n: 'a\u0000b' } } });
    expect(graphql.text).not.toContain('internal');
    expect(graphql.text).toContain('errors');
    const literal = { query: '{ operation(id: "a\\u0000b") { id } }' };
    expect((await call('/graphql', { key: server.rootKey, body: literal })).text).not.toContain('"internal"');
    const message = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'search', arguments: { query: 'a\u0000b' } },
    };
    const headers = { accept: 'application/json, text/event-stream' };
    const mcp = await call('/mcp', { key: server.rootKey, body: message, headers });
    expect(mcp.text).toContain('must not contain NUL');
  });
});

describe('deep nesting', () => {
  const deep = (open: string, close: string, levels: number): string =>
    open.repeat(levels) + '1' + close.repeat(levels);

  it('in a body is a 4xx everywhere', async () => {
    const bodies = [
      deep('[', ']', 100_000),
      deep('{"a":', '}', 100_000),
      deep('{"$not":', '}', 3_000),
      '['.repeat(100_000),
    ];
    for (const endpoint of endpoints.filter(({ body }) => body !== undefined && !('stream' in body))) {
      for (const raw of bodies) {
        const answer = await call(pathOf(endpoint, '1'), { method: endpoint.method, key: server.rootKey, raw });
        expect([nameOf(endpoint), [400, 413, 422].includes(answer.status)]).toEqual([nameOf(endpoint), true]);
      }
    }
  });

  it('in GraphQL, MCP and a line of an import is the client’s fault', async () => {
    const key = server.rootKey;
    for (const query of [
      deep('{a', '}', 5_000),
      `{a(b:${deep('[', ']', 5_000)})}`,
      `query($a:${'['.repeat(5_000)}){a}`,
    ]) {
      expect((await call('/graphql', { key, body: { query } })).status).toBe(400);
    }
    const variables = `{"query":"{status{version}}","variables":{"a":${deep('[', ']', 100_000)}}}`;
    expect((await call('/graphql', { key, raw: variables })).status).toBe(422);
    expect((await call('/mcp', { key, raw: deep('[', ']', 100_000) })).status).toBe(400);
    await call('/v1/collections/deep', { method: 'PUT', key, body: { dimension: 2 } });
    const line = `{"vector":[1,2],"metadata":${deep('{"a":', '}', 50_000)}}\n{"id":"good","vector":[1,2]}\n`;
    const headers = { 'content-type': 'application/x-ndjson' };
    const report = await call('/v1/collections/deep/import', { key, raw: line, headers });
    expect([report.status, report.json.imported, report.json.failed]).toEqual([200, 1, 1]);
  });

  it('in the brackets of a string or a comment is none', async () => {
    const query = `{ status { version } } # ${'{'.repeat(400)}`;
    expect((await call('/graphql', { key: server.rootKey, body: { query } })).status).toBe(200);
  });
});

describe('an offer to upgrade', () => {
  it('of curl is answered as usual', async () => {
    const curl = promisify(execFile);
    const hasCurl = await curl('curl', ['--version']).then(
      ({ stdout }) => stdout.includes('HTTP2'),
      () => false,
    );
    if (!hasCurl) return;
    const auth = ['-H', `Authorization: Bearer ${server.rootKey}`];
    const plain = await curl('curl', ['-s', '--http2', `${server.url}/v1/status`, ...auth]);
    expect(JSON.parse(plain.stdout)).toMatchObject({ project: 'default' });
    const body = ['-H', 'Content-Type: application/json', '-d', '{"name":"by-curl"}'];
    const posted = await curl('curl', ['-s', '--http2', `${server.url}/v1/projects`, ...auth, ...body]);
    expect(JSON.parse(posted.stdout)).toMatchObject({ name: 'by-curl' });
    const missing = await curl('curl', ['-s', '--http2', `${server.url}/nothing`]);
    expect(JSON.parse(missing.stdout)).toMatchObject({ code: 'not_found' });
  });
});

describe('what is told to whom', () => {
  let admin: string;
  const services = async (path: string, key?: string): Promise<Record<string, unknown>[]> => {
    const answer = await call(path, key === undefined ? {} : { key });
    return (answer.json.services ?? answer.json.data) as Record<string, unknown>[];
  };

  beforeAll(async () => {
    const body = { name: 'admin of a tenant', role: 'admin' };
    admin = String((await call('/v1/keys', { key: server.rootKey, body })).json.key);
  });

  it('guests see states, keys see how services fare, the root key sees what they are', async () => {
    for (const service of await services('/health/deep')) {
      const { name: _name, state: _state, ...rest } = service;
      expect(Object.values(rest).every((value) => value === null)).toBe(true);
    }
    const [ofKey] = await services('/health/deep', admin);
    expect(ofKey).toMatchObject({ name: 'postgres', state: 'up', version: null, kind: 'embedded' });
    const [ofRoot] = await services('/health/deep', server.rootKey);
    expect(ofRoot?.['version']).toMatch(/\d/);
  });

  it('the figures of /metrics name no tenant and nothing of theirs', async () => {
    const named = { key: server.rootKey, headers: { 'zerodb-project': 'marked-q7' } };
    expect((await call('/v1/projects', { key: server.rootKey, body: { name: 'marked-q7' } })).status).toBe(201);
    for (const path of ['/v1/collections/c-q7', '/v1/buckets/b-q7', '/v1/topics/t-q7']) {
      const body = path.includes('collections') ? { dimension: 2 } : {};
      expect((await call(path, { ...named, method: 'PUT', body })).status).toBeLessThan(300);
      await call(`${path}/nothing-q7`, named);
    }
    await call('/v1/memories', { ...named, body: { content: 'a fact of q7', user_id: 'user-q7' } });
    await call('/v1/keys/q7?q7=q7', { key: 'zdb_q7' });
    const figures = await call('/metrics');
    expect(figures.status).toBe(200);
    expect(figures.text).toContain('zerodb_');
    expect(figures.text).not.toContain('q7');
  });

  it('an admin of a tenant sees no address, path or database', async () => {
    for (const path of ['/v1/services', '/v1/services/postgres/history', '/v1/background']) {
      const text = (await call(path, { key: admin })).text;
      expect(text).not.toMatch(/zerodb-acceptance|127\.0\.0\.1|localhost|\/tmp\//);
    }
    for (const service of await services('/v1/services', admin)) {
      expect(service).toMatchObject({ endpoints: [], version: null });
      expect((service['last_probe'] as { detail: object } | null)?.detail ?? {}).toEqual({});
    }
    const [postgres] = await services('/v1/services', server.rootKey);
    expect((postgres?.['endpoints'] as string[]).length).toBeGreaterThan(0);
  });

  it('says in the log who was refused, and never the key', async () => {
    const wrong = `zdb_${'ab'.repeat(8)}_${'c'.repeat(43)}`;
    await call('/v1/status', { key: wrong });
    if (!server.logs()) return;
    for (let i = 0; i < 80 && !server.logs().includes('ab'.repeat(8)); i += 1)
      await new Promise((done) => setTimeout(done, 50));
    const lines = server.logs().split('\n');
    const line = JSON.parse(lines.find((text) => text.includes('ab'.repeat(8))) ?? '{}') as object;
    expect(line).toMatchObject({ status: 401, client: '127.0.0.1', key_id: 'ab'.repeat(8) });
    expect(server.logs()).not.toContain('c'.repeat(43));
  });

  it('a file that is shown has no origin, and its forms go nowhere', async () => {
    await call('/v1/buckets/pages', { method: 'PUT', key: server.rootKey, body: {} });
    const page = {
      method: 'PUT',
      key: server.rootKey,
      raw: '<form action=/v1>',
      headers: { 'content-type': 'text/html' },
    };
    await call('/v1/files/pages/a.html', page);
    const { headers } = await call('/v1/files/pages/a.html', { key: server.rootKey });
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of [
      "default-src 'none'",
      'sandbox',
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ])
      expect(policy).toContain(part);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['/admin', '/docs', '/redoc', '/graphql'])('%s sends no form and takes no other base', async (path) => {
    const { headers } = await call(path, { headers: { accept: 'text/html' } });
    for (const part of ["form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
      expect(headers.get('content-security-policy')).toContain(part);
  });
});
