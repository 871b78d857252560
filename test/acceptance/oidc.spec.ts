import { createHmac } from 'node:crypto';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { clientOf } from '../support/http';
import { forger, newSigningKey, startOidcProvider, type TestProvider } from '../support/oidc-provider';
import { startServer, type TestServer } from '../support/server';

const SETTINGS = {
  ZERODB_OIDC_AUDIENCE: 'zerodb',
  ZERODB_OIDC_ROLE_CLAIM: 'scope',
  ZERODB_OIDC_PROJECTS: 'default,tenant,nowhere,reborn',
  ZERODB_OIDC_CLOCK_TOLERANCE_SECONDS: '0',
};

let provider: TestProvider;
let server: TestServer;
let call: ReturnType<typeof clientOf>;
let dialect: string;
/** Another issuer, where nobody listens. */
let gone: string;

beforeAll(async () => {
  provider = await startOidcProvider();
  gone = `http://127.0.0.1:${await freePort()}`;
  const port = await freePort();
  dialect = `http://127.0.0.1:${port}`;
  server = await startServer({
    ...SETTINGS,
    ZERODB_OIDC_ISSUER: provider.issuer,
    ZERODB_OIDC_ISSUERS: JSON.stringify([
      { issuer: gone, audience: 'zerodb', projects: ['tenant'], roleClaim: 'scope' },
    ]),
    ZERODB_QDRANT_DIALECT_PORT: String(port),
  });
  call = clientOf(server.url);
  await call('/v1/projects', { key: server.rootKey, body: { name: 'tenant' } });
  await call('/v1/collections/c', { key: server.rootKey, method: 'PUT', body: { dimension: 2 } });
  await call('/v1/topics/t', { key: server.rootKey, method: 'PUT', body: {} });
});
afterAll(async () => {
  await server.stop();
  await provider.stop();
});

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe('a token of the provider', () => {
  it('has the role and the project of its claims', async () => {
    const [read, write, admin] = [
      await provider.token('default', 'read'),
      await provider.token('default', 'read write'),
      await provider.token('default', 'admin'),
    ];
    const record = { method: 'PUT', body: { records: [{ id: 'a', vector: [1, 0] }] } };
    expect((await call('/v1/status', { key: read })).json).toMatchObject({ project: 'default', access: 'read' });
    expect((await call('/v1/collections/c/records', { key: read, ...record })).status).toBe(403);
    expect((await call('/v1/collections/c/records', { key: write, ...record })).status).toBe(200);
    expect((await call('/v1/keys', { key: write, body: { name: 'k', role: 'read' } })).status).toBe(403);
    expect((await call('/v1/keys', { key: admin, body: { name: 'k', role: 'read' } })).status).toBe(201);
    expect((await call('/v1/projects', { key: admin })).status).toBe(403);
  });

  it('never reaches another project', async () => {
    const tenant = await provider.token('tenant', 'admin');
    expect((await call('/v1/collections', { key: tenant })).json).toMatchObject({ data: [] });
    const other = await call('/v1/collections', { key: tenant, headers: { 'zerodb-project': 'default' } });
    expect([other.status, other.json.code]).toEqual([403, 'forbidden']);
    const nowhere = await call('/v1/collections', { key: await provider.token('nowhere', 'read') });
    expect(nowhere.status).toBe(403);
  });

  it('chooses among its projects by the header', async () => {
    const both = provider.forge({ zerodb_project: ['default', 'tenant'] });
    expect((await call('/v1/status', { key: both })).status).toBe(403);
    const chosen = await call('/v1/status', { key: both, headers: { 'zerodb-project': 'tenant' } });
    expect(chosen.json).toMatchObject({ project: 'tenant' });
  });

  it('works wherever a key does', async () => {
    const token = await provider.token('default', 'admin');
    const ways: Record<string, string>[] = [bearer(token), { 'x-api-key': token }, { 'api-key': token }];
    for (const headers of ways) {
      expect((await call('/v1/collections/c', { headers })).status).toBe(200);
    }
    const graphql = await call('/graphql', { key: token, body: { query: '{ __typename }' } });
    expect(graphql.json).toEqual({ data: { __typename: 'Query' } });
    const mcp = await call('/mcp', {
      key: token,
      headers: { accept: 'application/json, text/event-stream' },
      body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} },
    });
    expect([mcp.status, mcp.text.includes('"tools"')]).toEqual([200, true]);
    expect((await clientOf(dialect)('/collections', { headers: { 'api-key': token } })).status).toBe(200);
    expect(await opened({ headers: bearer(token) })).toBe('open');
    expect(await opened({ first: { type: 'auth', key: token } })).toBe('open');
    const metadata = await call('/.well-known/oauth-protected-resource');
    expect(metadata.json.authorization_servers).toEqual([provider.issuer, gone]);
  });

  it('may be as long as those with many groups are', async () => {
    const token = provider.forge({ groups: 'x'.repeat(7_000) });
    expect((await call('/v1/collections', { key: token })).status).toBe(200);
    expect(await opened({ first: { type: 'auth', key: token } })).toBe('open');
  });

  it('signs URLs that end with it', async () => {
    const token = await provider.token('default', 'admin', 'short');
    await call('/v1/buckets/b', { key: server.rootKey, method: 'PUT', body: {} });
    await call('/v1/files/b/k', {
      key: server.rootKey,
      method: 'PUT',
      raw: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    const signed = await call('/v1/files/b/presign', {
      key: token,
      body: { key: 'k', method: 'GET', expires_in: 3600 },
    });
    expect(signed.status).toBe(200);
    const url = String(signed.json.url).replace(server.url, '');
    expect((await call(url)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect((await call(url)).status).toBe(403);
  });

  it('is named in the audit log by issuer and subject', async () => {
    const token = provider.forge({ sub: 'eve #1' });
    expect((await call('/v1/keys', { key: token, body: { name: 'by a token', role: 'read' } })).status).toBe(201);
    const actor = `token:${provider.issuer}#eve%20%231`;
    const found = await call(`/v1/audit?action=createKey&actor=${encodeURIComponent(actor)}`, { key: server.rootKey });
    expect(found.json.data).toMatchObject([{ actor, role: 'admin', outcome: 'ok' }]);
  });

  it('is not for a project that was created after it', async () => {
    await call('/v1/projects', { key: server.rootKey, body: { name: 'reborn' } });
    const token = provider.forge({ zerodb_project: 'reborn', iat: Math.floor(Date.now() / 1_000) - 60 });
    expect((await call('/v1/collections', { key: token })).status).toBe(403);
    const newer = provider.forge({ zerodb_project: 'reborn' });
    expect((await call('/v1/collections', { key: newer })).status).toBe(200);
    await call('/v1/projects/reborn', { key: server.rootKey, method: 'DELETE' });
    expect((await call('/v1/collections', { key: newer })).status).toBe(403);
  });

  it('is in the log by a number alone, and never shown', async () => {
    const token = provider.forge({ sub: 'the-subject' });
    await call('/v1/collections', { key: token });
    expect(server.logs()).toMatch(/"key_id":"oidc[0-9a-f]{32}"/);
    expect(server.logs()).not.toContain('the-subject');
    expect(server.logs()).not.toContain(token.split('.')[2]);
  });
});

/** Whether a WebSocket gets in: "open", or the code it was closed with. */
const opened = (options: { headers?: Record<string, string>; first?: object }): Promise<string> =>
  new Promise((resolve) => {
    const url = `${server.url.replace('http', 'ws')}/v1/realtime`;
    const socket = new WebSocket(url, options.headers ? { headers: options.headers } : {});
    const done = (how: string): void => {
      resolve(how);
      socket.terminate();
    };
    socket.on('open', () => {
      if (options.first) socket.send(JSON.stringify(options.first));
      socket.send(JSON.stringify({ type: 'subscribe', id: 's', topic: 't' }));
    });
    socket.on('message', (data: Buffer) => {
      // What refuses is followed by a close.
      if (!data.toString().includes('"type":"error"')) done('open');
    });
    socket.on('close', (code) => done(String(code)));
    socket.on('error', ({ message }) => done(message));
  });

describe('a token that must not be taken', () => {
  const now = (): number => Math.floor(Date.now() / 1_000);
  const unsigned = (header: object, claims: object): string =>
    [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const claims = (): object => ({
    iss: provider.issuer,
    aud: 'zerodb',
    sub: 's',
    exp: now() + 60,
    scope: 'admin',
    zerodb_project: 'default',
  });

  const refused = async (token: string): Promise<string> => {
    const answer = await call('/v1/collections', { key: token });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer realm="zerodb"');
    expect(answer.text).not.toContain(provider.issuer);
    return `${answer.json.code as string}: ${answer.json.detail as string}`;
  };

  it.each<[string, () => string | Promise<string>, RegExp]>([
    ['expired', () => provider.forge({ exp: now() - 5 }), /key_expired.*expired/],
    ['not valid yet', () => provider.forge({ nbf: now() + 60 }), /"nbf"/],
    ['of another issuer', () => provider.forge({ iss: 'https://evil.example' }), /"iss"/],
    ['of a similar issuer', () => provider.forge({ iss: `${provider.issuer}/` }), /"iss"/],
    ['for another audience', () => provider.token('default', 'admin', 'other'), /"aud"/],
    ['for no audience', () => provider.forge({ aud: undefined }), /"aud"/],
    ['of another type', () => provider.forge({}, { typ: 'logout+jwt' }), /type/],
    ['for projects of others', () => provider.forge({ zerodb_project: 'foreign' }), /project/],
    ['without an end', () => provider.forge({ exp: undefined }), /"exp"/],
    ['without a subject', () => provider.forge({ sub: '' }), /subject/],
    ['with a subject that no provider has', () => provider.forge({ sub: 'a\u0000b' }), /subject/],
    ['without a time', () => provider.forge({ iat: undefined }), /"iat"/],
    ['of an event', () => provider.forge({ events: {} }), /type/],
    ['without a role', () => provider.forge({ scope: 'openid' }), /role/],
    ['without a project', () => provider.forge({ zerodb_project: undefined }), /project/],
    ['of an unknown key', () => provider.forge({}, { kid: 'unknown' }), /not valid/],
    ['with a critical header', () => provider.forge({}, { crit: ['x'], x: 1 }), /not valid/],
    ['unsigned', () => `${unsigned({ alg: 'none', typ: 'JWT' }, claims())}.AA`, /not valid/],
    [
      'changed',
      () => provider.forge({}).replace(/\.[^.]+\./, `.${unsigned({}, claims()).split('.')[1]}.`),
      /not valid/,
    ],
    ['garbage', () => 'aaaa.bbbb.cccc', /not valid/],
  ])('%s', async (_what, make, reason) => {
    expect(await refused(await make())).toMatch(reason);
  });

  it('signed with the public key as if it were a secret', async () => {
    const jwks = await (await fetch(`${provider.issuer}/jwks`)).text();
    const { keys } = JSON.parse(jwks) as { keys: { kid: string }[] };
    const signed = unsigned({ alg: 'HS256', typ: 'at+jwt', kid: keys[0]?.kid }, claims());
    for (const secret of [jwks, JSON.stringify(keys[0])]) {
      const signature = createHmac('sha256', secret).update(signed).digest('base64url');
      expect(await refused(`${signed}.${signature}`)).toMatch(/not valid/);
    }
  });

  it('at any other door', async () => {
    const token = provider.forge({ exp: now() - 5 });
    expect((await call('/graphql', { key: token, body: { query: '{ __typename }' } })).status).toBe(401);
    const mcp = await call('/mcp', { key: token, body: { jsonrpc: '2.0', id: 1, method: 'ping' } });
    expect([mcp.status, mcp.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('resource_metadata'),
    ]);
    expect((await clientOf(dialect)('/collections', { headers: { 'api-key': token } })).status).toBe(401);
    expect(await opened({ headers: bearer(token) })).toMatch(/4401|401/);
  });
});

describe('time and keys', () => {
  it('end streams and sockets with the token', async () => {
    const token = await provider.token('default', 'admin', 'short');
    const startedAt = performance.now();
    const closed = new Promise<number>((resolve, reject) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/realtime`, { headers: bearer(token) });
      socket.on('close', resolve).on('error', reject);
    });
    const stream = await fetch(`${server.url}/v1/topics/t/stream`, { headers: bearer(token) });
    expect(stream.status).toBe(200);
    await stream.text().catch(() => undefined);
    expect(await closed).toBe(4401);
    const took = performance.now() - startedAt;
    expect(took).toBeGreaterThan(1_500);
    expect(took).toBeLessThan(10_000);
    const late = await call('/v1/collections', { key: token });
    expect([late.status, late.json.code]).toEqual([401, 'key_expired']);
  });

  it('follow the provider to a new key', async () => {
    await provider.rotate();
    const token = await provider.token('default', 'read');
    const ask = async (): Promise<number> => (await call('/v1/collections', { key: token })).status;
    // A token with a key that nobody knows makes the server read the keys every five seconds at most.
    await eventually(ask, (status) => status === 200, 30_000);
  });

  it('serve when the provider is out, as far as the keys are known', async () => {
    const token = await provider.token('default', 'read');
    const later = provider.forge({ sub: 'later' });
    expect((await call('/v1/collections', { key: token })).status).toBe(200);
    await provider.stop();
    expect((await call('/v1/collections', { key: token })).status).toBe(200);
    expect((await call('/v1/collections', { key: later })).status).toBe(200);
    expect((await call('/v1/collections', { key: server.rootKey })).status).toBe(200);
  });
});

describe('a provider that cannot be reached', () => {
  it('makes its tokens wait, and nobody else', async () => {
    const { forge } = forger(gone, newSigningKey);
    const token = forge({ zerodb_project: 'tenant' });
    expect(await call('/v1/collections', { key: token })).toMatchObject({
      status: 503,
      json: { code: 'unavailable', retryable: true },
    });
    expect((await call('/v1/collections', { key: server.rootKey })).status).toBe(200);
    expect((await call('/v1/collections', { key: 'a.b.c' })).status).toBe(401);
  });
});
