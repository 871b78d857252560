import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';

/** `/mcp` as a stranger meets it: wrong keys, foreign pages, broken messages, clients that leave. */
let server: TestServer;

const ACCEPT = { accept: 'application/json, text/event-stream' };

beforeAll(async () => {
  server = await startServer({ ZERODB_MCP_ORIGINS: 'https://app.example, https://other.example' });
  await rest('/v1/collections/kept', { method: 'PUT', body: { dimension: 3 } });
});
afterAll(async () => await server.stop());

const rest = async (path: string, options: object): Promise<Answer> =>
  clientOf(server.url)(path, { key: server.rootKey, ...options });

const post = async (raw: string, headers: Record<string, string> = {}, key = server.rootKey): Promise<Answer> =>
  clientOf(server.url)('/mcp', { key, raw, headers: { ...ACCEPT, ...headers } });

const message = (method: string, params: object = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 7, method, params });

const call = (name: string, args: object): string => message('tools/call', { name, arguments: args });

/** The JSON-RPC message in an answer, be it JSON or the one event of a stream. */
const rpc = ({ text }: Answer): Record<string, unknown> & { result: Result } =>
  JSON.parse(/(?:^|data: )(\{.*)/.exec(text)?.[1] ?? '{}') as Record<string, unknown> & { result: Result };

interface Result {
  readonly isError?: boolean;
  readonly content: { readonly text: string }[];
}

const problemIn = (answer: Answer): unknown => JSON.parse(rpc(answer).result.content[0]?.text ?? '{}') as unknown;

describe('who may', () => {
  it('needs a key, and says where to learn how to get one', async () => {
    const answer = await post(message('tools/list'), {}, '');
    expect(answer.status).toBe(401);
    const where = /resource_metadata="([^"]+)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1];
    expect(where).toBe(`${server.url}/.well-known/oauth-protected-resource/mcp`);
    const metadata = await (await fetch(String(where))).json();
    expect(metadata).toMatchObject({ resource: `${server.url}/mcp`, bearer_methods_supported: ['header'] });
    expect((await fetch(`${server.url}/.well-known/oauth-protected-resource`)).status).toBe(200);
  });

  it('refuses a key that nobody knows', async () => {
    expect((await post(message('tools/list'), {}, 'zdb_0123456789_unknown')).status).toBe(401);
  });

  it.each(['http://evil.example', 'https://app.example.evil', 'null', 'https://APP.example:8443', 'file://'])(
    'refuses pages of %s',
    async (origin) => {
      const answer = await post(message('tools/list'), { origin });
      expect(answer.status).toBe(403);
      expect(answer.json).toMatchObject({ code: 'forbidden' });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('refuses a page whose name points here, though origin and host agree', async () => {
    const status = await new Promise((resolve) => {
      const headers = {
        ...ACCEPT,
        host: 'evil.example',
        origin: 'http://evil.example',
        'content-type': 'application/json',
      };
      const request = httpRequest(`${server.url}/mcp`, { method: 'POST', headers }, ({ statusCode }) =>
        resolve(statusCode),
      );
      request.end(message('tools/list'));
    });
    expect(status).toBe(403);
  });

  it('serves configured origins and its own, with the headers browsers ask for', async () => {
    const answer = await post(message('tools/list'), { origin: 'https://app.example' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect((await post(message('tools/list'), { origin: server.url })).status).toBe(200);
    const preflight = await fetch(`${server.url}/mcp`, {
      method: 'OPTIONS',
      headers: { origin: 'https://other.example' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(
      (await fetch(`${server.url}/mcp`, { method: 'OPTIONS', headers: { origin: 'https://no.example' } })).status,
    ).toBe(403);
  });

  it.each(['GET', 'DELETE', 'PUT'])('has no sessions: %s is 405', async (method) => {
    const answer = await clientOf(server.url)('/mcp', { method, key: server.rootKey, headers: ACCEPT });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('OPTIONS, POST');
  });
});

describe('revisions', () => {
  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])('speaks %s', async (protocolVersion) => {
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const answer = await post(message('initialize', params));
    expect(rpc(answer)).toMatchObject({ id: 7, result: { protocolVersion, serverInfo: { name: 'zerodb' } } });
    expect(answer.headers.get('mcp-session-id')).toBeNull();
    const listed = await post(message('tools/list'), { 'mcp-protocol-version': protocolVersion });
    expect(rpc(listed)).toMatchObject({ result: { tools: { length: 8 } } });
  });

  it('offers the newest it knows to a client of the future, and refuses it in a header', async () => {
    const params = { protocolVersion: '2099-01-01', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    expect(rpc(await post(message('initialize', params)))).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
    expect((await post(message('tools/list'), { 'mcp-protocol-version': '2099-01-01' })).status).toBe(400);
  });

  it('acknowledges a subscription, and completes it where nothing that was asked for can change', async () => {
    const method = 'subscriptions/listen';
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method };
    const answer = await post(message(method, { _meta, notifications: { toolsListChanged: true } }), headers);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('subscriptions/acknowledged');
    expect(answer.text).toContain('"resultType":"complete"');
  });
});

describe('broken messages', () => {
  it.each([
    ['no JSON', '{"jsonrpc":', 400, -32700],
    ['nothing', '', 400, -32700],
    ['a prototype', '{"__proto__":{"a":1}}', 400, -32700],
    ['no message', '{"hello":1}', 400, -32600],
    ['a number', '7', 400, -32600],
    ['another JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, -32600],
    ['an array of fifty-one', `[${Array.from({ length: 51 }, () => message('ping')).join(',')}]`, 400, -32600],
  ])('answers %s with a JSON-RPC error', async (_name, raw, status, code) => {
    const answer = await post(raw);
    expect(answer.status).toBe(status);
    expect(rpc(answer)).toMatchObject({ error: { code } });
  });

  it('knows no unknown method and no unknown tool', async () => {
    expect(rpc(await post(message('tools/destroy')))).toMatchObject({ id: 7, error: { code: -32601 } });
    expect(rpc(await post(call('nothing', {})))).toMatchObject({ id: 7, error: { code: -32602 } });
    expect(rpc(await post(call('__proto__', {})))).toMatchObject({ error: { code: -32602 } });
    expect(rpc(await post(message('tools/call', { arguments: {} })))).toMatchObject({ error: { code: -32602 } });
  });

  it.each([
    ['a list', []],
    ['a text', 'query'],
    ['a number', 5],
  ])('refuses arguments that are %s', async (_name, args) => {
    const answer = rpc(await post(message('tools/call', { name: 'recall', arguments: args })));
    expect(answer['error'] ?? answer.result.isError).toBeTruthy();
  });

  it.each([
    ['text/plain', 415],
    ['application/json; charset=latin1', 415],
  ])('refuses %s', async (type, status) => {
    expect((await post(message('ping'), { 'content-type': type })).status).toBe(status);
  });

  it('refuses a client that takes no JSON, in the words of HTTP', async () => {
    expect((await post(message('tools/list'), { accept: 'text/html' })).status).toBe(406);
  });

  it('serves a client that takes anything, or one type alone', async () => {
    const typeOf = async (accept: string, raw = message('tools/list')): Promise<unknown[]> => {
      const answer = await post(raw, { accept });
      return [answer.status, answer.headers.get('content-type')?.split(';')[0], rpc(answer)['id']];
    };
    for (const accept of ['*/*', 'application/json', 'application/*', 'application/json;q=0.5, */*;q=0.1'])
      expect(await typeOf(accept)).toEqual([200, 'application/json', 7]);
    for (const accept of ['text/event-stream', 'text/*'])
      expect(await typeOf(accept)).toEqual([200, 'text/event-stream', 7]);
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    expect(await typeOf('*/*', message('initialize', params))).toEqual([200, 'application/json', 7]);
    const two = await post(`[${message('ping')},${message('tools/list').replace('7', '8')}]`, {
      accept: 'application/json',
    });
    expect(JSON.parse(two.text)).toHaveLength(2);
  });

  it('serves /mcp/ like /mcp', async () => {
    const at = clientOf(server.url);
    const answer = await at('/mcp/', { key: server.rootKey, raw: message('tools/list'), headers: ACCEPT });
    expect([answer.status, rpc(answer).result]).toMatchObject([200, { tools: { length: 8 } }]);
    expect((await at('/mcp/', { raw: message('tools/list'), headers: ACCEPT })).status).toBe(401);
    expect((await at('/mcp/', { method: 'GET', key: server.rootKey })).status).toBe(405);
    const foreign = { ...ACCEPT, origin: 'http://evil.example' };
    expect((await at('/mcp/', { key: server.rootKey, raw: message('ping'), headers: foreign })).status).toBe(403);
    expect((await fetch(`${server.url}/.well-known/oauth-protected-resource/mcp/`)).status).toBe(200);
  });

  it('takes arguments that are null as none, and values in strings as what they say', async () => {
    const listed = rpc(await post(message('tools/call', { name: 'get', arguments: null })));
    expect(listed.result.isError).toBeFalsy();
    expect(listed.result.content[0]?.text).toContain('kept');
    const used = async (name: string, args: unknown): Promise<Result> =>
      rpc(await post(message('tools/call', { name, arguments: args }))).result;
    expect((await used('get', { limit: '1' })).isError).toBeFalsy();
    expect((await used('get', '{"collection":"kept","filter":"{\\"a\\":1}","ids":"[\\"x\\"]"}')).isError).toBeFalsy();
    const body = JSON.stringify({ filter: {}, limit: '2' });
    const run = { operation: 'queryRecords', arguments: { params: '{"collection":"kept"}', body } };
    expect((await used('run', run)).isError).toBeFalsy();
    const wrong = await post(call('get', { collection: 'kept', limit: 'many', filter: '{"a"' }));
    expect(problemIn(wrong)).toMatchObject({ errors: [{ path: '/filter' }, { path: '/limit' }] });
    const poison = await post(call('get', { collection: 'kept', filter: '{"a":"\\u0000"}' }));
    expect(problemIn(poison)).toMatchObject({ code: 'invalid' });
  });

  it('completes nothing for an argument that nobody has', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'x'.repeat(100_000)]) {
      const params = { ref: { type: 'ref/resource', uri: 'zerodb://x' }, argument: { name, value: 'a' } };
      expect(rpc(await post(message('completion/complete', params)))).toMatchObject({
        result: { completion: { values: [] } },
      });
    }
  });

  it('refuses a resource that is none', async () => {
    for (const uri of [
      'zerodb://nothing',
      'file:///etc/passwd',
      'zerodb://collections/%E0%A4%A',
      'zerodb://files/b/../../x',
    ])
      expect(rpc(await post(message('resources/read', { uri })))).toMatchObject({ error: { code: -32602 } });
  });
});

describe('huge and half things', () => {
  const records = async (): Promise<unknown> =>
    (await rest('/v1/collections/kept/records/count', { body: {} })).json['count'];

  it('refuses a message of 17 MB before it is in memory', async () => {
    const answer = await post(call('remember', { content: 'x'.repeat(17 * 1024 * 1024), user_id: 'u' })).catch(
      () => null,
    );
    if (answer) expect(answer.status).toBe(413);
    expect((await post(message('tools/list'))).status).toBe(200);
  });

  it('says which argument is too large', async () => {
    const memory = await post(call('remember', { content: 'x'.repeat(1024 * 1024), user_id: 'u' }));
    expect(problemIn(memory)).toMatchObject({ code: 'invalid', errors: [{ path: '/content' }] });
    const text = 'x'.repeat(2 * 1024 * 1024);
    const record = await post(call('write', { collection: 'kept', records: [{ vector: [1, 2, 3], text }] }));
    expect(rpc(record).result.isError).toBe(true);
    const filter = JSON.parse('{"$not":'.repeat(200) + '{"a":1}' + '}'.repeat(200)) as object;
    expect(rpc(await post(call('get', { collection: 'kept', filter }))).result.isError).toBe(true);
    expect(await records()).toBe(0);
  });

  it('writes all of a batch or nothing', async () => {
    const batch = [{ vector: [1, 2, 3] }, { vector: [1, 2] }];
    const answer = await post(call('write', { collection: 'kept', records: batch }));
    expect(problemIn(answer)).toMatchObject({ errors: [{ path: '/records/1/vector' }] });
    expect(await records()).toBe(0);
  });

  it('keeps nothing of a message whose client hung up in the middle', async () => {
    const body = call('write', { collection: 'kept', records: [{ id: 'half', vector: [1, 2, 3] }] });
    await new Promise<void>((resolve) => {
      const headers = {
        ...ACCEPT,
        authorization: `Bearer ${server.rootKey}`,
        'content-type': 'application/json',
        'content-length': body.length,
      };
      const request = httpRequest(`${server.url}/mcp`, { method: 'POST', headers });
      request.on('error', () => resolve());
      request.write(body.slice(0, -10), () => setTimeout(() => request.destroy(new Error('gone')), 50));
    });
    expect(await records()).toBe(0);
  });

  it('stores all or nothing for a client that hangs up in mid-call, and goes on serving', async () => {
    const many = Array.from({ length: 2000 }, (_, index) => ({ id: `r${index}`, vector: [1, 2, index + 1] }));
    for (const afterMs of [1, 10, 40, 70, 100, 130, 160, 200, 250, 300]) {
      await fetch(`${server.url}/mcp`, {
        method: 'POST',
        headers: { ...ACCEPT, 'content-type': 'application/json', authorization: `Bearer ${server.rootKey}` },
        body: call('write', { collection: 'kept', records: many }),
        signal: AbortSignal.timeout(afterMs),
      }).catch(() => undefined);
    }
    await sleep(1_000);
    expect([0, many.length]).toContain(await records());
    expect((await post(message('tools/list'))).status).toBe(200);
    expect(server.logs()).not.toContain('unexpected error');
  });

  it('ends a call at the deadline that was asked for', async () => {
    const answer = await post(call('search', { collection: 'kept', query: 'x' }), { 'request-timeout': '5' });
    expect(answer.status).toBe(422);
    expect((await post(message('tools/list'), { 'request-timeout': '60000' })).status).toBe(200);
  });
});
