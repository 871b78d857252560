import { execFile } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import http2, { type ClientHttp2Session } from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { WebSocket } from 'ws';
import { inFiles, TestAuthority, type Issued } from '../support/certificates';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { startServer, type TestServer } from '../support/server';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

let authority: TestAuthority;
let stranger: TestAuthority;
let files: Record<'cert' | 'key' | 'ca', string>;
let server: TestServer;
let dialectPort: number;
let agent: https.Agent;
const sessions: ClientHttp2Session[] = [];

const port = (): number => Number(new URL(server.url).port);
const bearer = (): Record<string, string> => ({ authorization: `Bearer ${server.rootKey}` });

beforeAll(async () => {
  [authority, stranger] = [await TestAuthority.create(), await TestAuthority.create('Stranger')];
  files = inFiles({ ...(await authority.issue({ days: 90 })), ca: authority.pem });
  dialectPort = await freePort();
  server = await startServer({
    ZERODB_TLS_CERT_FILE: files.cert,
    ZERODB_TLS_KEY_FILE: files.key,
    ZERODB_TLS_CHECK_SECONDS: '1',
    ZERODB_QDRANT_DIALECT_PORT: String(dialectPort),
    ZERODB_RATE_LIMIT: '100000',
  });
  agent = new https.Agent({ ca: authority.pem, keepAlive: true });
});
afterAll(async () => {
  agent.destroy();
  for (const session of sessions) session.destroy();
  await server.stop();
});

const over1 = (target: string, { method = 'GET', headers = {}, body }: Call = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    // Node names the length of a body with POST and PUT alone.
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const all = { ...bearer(), ...length, ...headers };
    const request = https.request(target, { agent, method, headers: all }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.once('error', reject);
    });
    request.once('error', reject).end(body);
  });

const open2 = (): Promise<ClientHttp2Session> =>
  new Promise((resolve, reject) => {
    const session = http2.connect(`https://localhost:${port()}`, { ca: authority.pem });
    sessions.push(session.on('error', reject).once('connect', () => resolve(session)));
  });

const over2 = (session: ClientHttp2Session, target: string, { method = 'GET', headers = {}, body }: Call = {}) =>
  new Promise<Answer>((resolve, reject) => {
    const stream = session.request(
      { ':method': method, ':path': target, ...bearer(), ...headers },
      { endStream: body === undefined },
    );
    let [text, answered] = ['', {} as http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    stream.once('response', (given) => (answered = given));
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
    stream.once('error', reject);
    stream.once('close', () => resolve({ status: Number(answered[':status']), headers: answered, text }));
    if (body !== undefined) stream.end(body);
  });

const codeOf = ({ text }: Answer): string => (JSON.parse(text) as { code: string }).code;

const JSON_TYPE = { 'content-type': 'application/json' };

describe('a server with a certificate', () => {
  it('serves HTTP/1.1 and HTTP/2 alike, errors included', async () => {
    const session = await open2();
    const made = await over2(session, '/v1/collections/tls', {
      method: 'PUT',
      headers: JSON_TYPE,
      body: JSON.stringify({ dimension: 2 }),
    });
    expect([made.status, made.headers.connection]).toEqual([201, undefined]);
    for (const target of ['/v1/status', '/v1/collections/tls', '/v1/collections/none', '/nothing', '/ready', '/docs']) {
      const [first, second] = [await over1(server.url + target), await over2(session, target)];
      expect([target, second.status, second.headers['content-type']]).toEqual([
        target,
        first.status,
        first.headers['content-type'],
      ]);
    }
    const lines = server.logs().split('\n');
    expect(lines.filter((line) => line.includes('"route":"/v1/status"') && line.includes('"status":200'))).toHaveLength(
      2,
    );
    const listed = await Promise.all(Array.from({ length: 80 }, () => over2(session, '/livez')));
    expect(listed.every(({ status }) => status === 200)).toBe(true);
    session.close();
  });

  it('says https wherever it names itself', async () => {
    expect(server.url).toMatch(/^https:/);
    const { text } = await over1(`${server.url}/.well-known/oauth-protected-resource`);
    expect(text).toContain(`https://`);
  });

  it('refuses TLS 1.1, weak ciphers, and plain HTTP', async () => {
    const shake = (options: tls.ConnectionOptions): Promise<string> =>
      new Promise((resolve) => {
        const socket = tls.connect({ port: port(), host: 'localhost', ca: authority.pem, ...options }, () => {
          resolve(socket.getProtocol() ?? '');
          socket.destroy();
        });
        socket.once('error', (error: Error) => resolve(error.message));
      });
    expect(await shake({})).toBe('TLSv1.3');
    expect(await shake({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
    expect(await shake({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' })).not.toMatch(
      /^TLS/,
    );
    expect(await shake({ maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' })).not.toMatch(/^TLS/);
    const plain = await fetch(`http://localhost:${port()}/ready`).catch(() => 'closed');
    expect(plain).toBe('closed');
  });

  it('takes and gives files over HTTP/2', async () => {
    const session = await open2();
    await over2(session, '/v1/buckets/b2', { method: 'PUT', headers: JSON_TYPE, body: '{}' });
    const body = 'x'.repeat(3_000_000);
    const put = await over2(session, '/v1/files/b2/large', {
      method: 'PUT',
      headers: { 'content-type': 'text/plain' },
      body,
    });
    expect(put.status).toBeLessThan(300);
    expect((await over2(session, '/v1/files/b2/large')).text).toBe(body);
    expect(await over1(`${server.url}/v1/files/b2/large`)).toMatchObject({ status: 200, text: body });
    session.close();
  });

  it('refuses a body without reading it, over HTTP/2 with the connection kept', async () => {
    const session = await open2();
    const headers = { ...JSON_TYPE, authorization: 'Bearer wrong' };
    const refused = await over2(session, '/v1/collections/tls/records', {
      method: 'PUT',
      headers,
      body: 'x'.repeat(2_000_000),
    });
    expect(refused.status).toBe(401);
    const silent = await over2(session, '/v1/collections/tls/records', {
      method: 'PUT',
      headers: JSON_TYPE,
      body: '{',
    });
    expect(silent.status).toBe(400);
    const unwanted = { method: 'DELETE', headers: JSON_TYPE, body: '{"a": 1}' };
    const [first, second] = [
      await over1(`${server.url}/v1/collections/none`, unwanted),
      await over2(session, '/v1/collections/none', unwanted),
    ];
    expect([second.status, codeOf(second)]).toEqual([first.status, codeOf(first)]);
    expect(second.status).toBe(422);
    expect((await over2(session, '/v1/status')).status).toBe(200);
    session.close();
  });

  it('asks for a body that waits to be asked, on both', async () => {
    const session = await open2();
    const stream = session.request({
      ':method': 'PUT',
      ':path': '/v1/collections/asked',
      ...bearer(),
      ...JSON_TYPE,
      expect: '100-continue',
    });
    const status = await new Promise<number>((resolve) => {
      stream.once('continue', () => stream.end('{"dimension": 2}'));
      stream.once('response', (headers) => resolve(Number(headers[':status'])));
    });
    expect(status).toBe(201);
    session.close();
  });

  it('streams events over HTTP/2, and notices a client that leaves', async () => {
    const session = await open2();
    const body = JSON.stringify({ name: 'tls' });
    await over2(session, '/v1/topics/tls', { method: 'PUT', headers: JSON_TYPE, body: '{}' });
    const stream = session.request({ ':path': '/v1/topics/tls/stream', ...bearer(), accept: 'text/event-stream' });
    let text = '';
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
    await new Promise((resolve) => stream.once('response', resolve));
    await over2(session, '/v1/topics/tls/events', {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ events: [{ type: 'hello', data: { body } }] }),
    });
    await eventually(() => text.includes('hello'));
    stream.close(http2.constants.NGHTTP2_CANCEL);
    const open = async (): Promise<string> => {
      const { text: figures } = await over2(session, '/metrics');
      return /^zerodb_live_connections (\d+)$/m.exec(figures)?.[1] ?? figures;
    };
    await eventually(open, (count) => count === '0', 20_000);
    session.close();
  });

  it.each([http2.constants.NGHTTP2_NO_ERROR, http2.constants.NGHTTP2_CANCEL])(
    'fails an import that the client breaks off with code %i',
    async (code) => {
      const session = await open2();
      const latest = async (): Promise<{ id: string; state: string } | undefined> => {
        const { text } = await over2(session, '/v1/operations?limit=1');
        return (JSON.parse(text) as { data: { id: string; state: string }[] }).data[0];
      };
      const before = (await latest())?.id;
      const stream = session.request({
        ':method': 'POST',
        ':path': '/v1/collections/tls/import',
        ...bearer(),
        'content-type': 'application/x-ndjson',
        prefer: 'respond-async',
      });
      stream.on('error', () => undefined);
      stream.write('{"id": "a", "vector": [1, 0]}\n{"id": "b", "vector": [0, 1]}\n');
      await eventually(latest, (seen) => seen !== undefined && seen.id !== before, 20_000);
      stream.close(code);
      const ended = await eventually(latest, (seen) => ['failed', 'succeeded'].includes(seen?.state ?? ''), 20_000);
      expect(ended?.state).toBe('failed');
      session.close();
    },
  );

  it('opens WebSockets', async () => {
    const socket = new WebSocket(`wss://localhost:${port()}/v1/realtime`, { ca: authority.pem, headers: bearer() });
    const closed = await new Promise<string>((resolve) => {
      socket.once('open', () => resolve('open'));
      socket.once('error', (error: Error) => resolve(error.message));
    });
    expect(closed).toBe('open');
    socket.terminate();
  });

  it('ignores an offer of another protocol, as over plain HTTP', async () => {
    const answer = await over1(`${server.url}/ready`, { headers: { connection: 'upgrade', upgrade: 'h2c' } });
    expect(answer.status).toBe(200);
  });

  it('answers a flood of new connections, whichever socket took them', async () => {
    const own = new https.Agent({ ca: authority.pem, maxSockets: 200 });
    const ask = (): Promise<number> =>
      new Promise((resolve, reject) => {
        https
          .get(`${server.url}/ready`, { agent: own }, (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          })
          .once('error', reject);
      });
    const statuses = await Promise.all(Array.from({ length: 200 }, ask));
    expect(statuses.every((status) => status === 200)).toBe(true);
    own.destroy();
  });

  it('lets go of a client that was refused and stays', async () => {
    const socket = tls.connect({ port: port(), host: 'localhost', ca: authority.pem });
    const closed = new Promise<number>((resolve) => {
      const startedAt = performance.now();
      socket.once('close', () => resolve(performance.now() - startedAt));
      socket.on('error', () => undefined);
    });
    socket.write(
      'PUT /v1/collections/tls/records HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer wrong\r\ncontent-length: 900000000\r\n\r\n',
    );
    const writing = setInterval(() => socket.writable && socket.write('x'.repeat(1_000)), 100);
    const said = await new Promise<string>((resolve) =>
      socket.once('data', (data: Buffer) => resolve(data.toString('latin1'))),
    );
    expect(said).toContain(' 401 ');
    expect(await closed).toBeLessThan(10_000);
    clearInterval(writing);
  });

  it('closes what is no HTTP, and what never finishes its handshake', async () => {
    const broken = tls.connect({ port: port(), host: 'localhost', ca: authority.pem });
    broken.write('NONSENSE\r\n\r\n');
    const said = await new Promise<string>((resolve) =>
      broken.once('data', (data: Buffer) => resolve(data.toString('latin1'))),
    );
    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    const garbage = net.connect(port(), 'localhost');
    garbage.write(Buffer.alloc(64, 1));
    await new Promise((resolve) =>
      garbage
        .once('close', resolve)
        .on('error', () => undefined)
        .resume(),
    );
    expect((await over1(`${server.url}/ready`)).status).toBe(200);
  });

  it("serves Qdrant's dialect with the same certificate", async () => {
    const answer = await over1(`https://localhost:${dialectPort}/collections`);
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"result"')]);
  });

  it('is reached by the command line with --ca, and not without', async () => {
    const run = (...args: string[]): Promise<{ code: number; output: string }> =>
      new Promise((resolve) => {
        const cli = path.join(__dirname, '..', '..', 'src', 'cli.js');
        const env = { PATH: process.env.PATH, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
        execFile(process.execPath, [cli, ...args], { env }, (error, stdout, stderr) =>
          resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
        );
      });
    const trusted = await run('collections', 'list', '--ca', files.ca);
    expect(trusted).toMatchObject({ code: 0, output: expect.stringContaining('tls') as string });
    expect((await run('status', '--ca', files.ca)).output).toMatch(/certificate\s+until 20\d\d-/);
    const untrusted = await run('collections', 'list');
    expect(untrusted.code).not.toBe(0);
    expect(untrusted.output).toMatch(/no secure connection \(.*\)[\s\S]*--ca/);
    expect((await run('collections', 'list', '--ca', '/nowhere.pem')).output).toContain('cannot be read (ENOENT)');
  });
});

describe('a certificate that is replaced', () => {
  const shown = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = tls.connect({ port: port(), host: 'localhost', ca: authority.pem }, () => {
        resolve(new Date(socket.getPeerCertificate().valid_to).toISOString());
        socket.destroy();
      });
      socket.once('error', reject);
    });
  /** Each file at once, one after the other, as a secret's volume or certbot does it. */
  const replace = ({ cert, key }: Issued): void => {
    for (const [file, text] of [[files.cert, cert] as const, [files.key, key] as const]) {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    }
  };
  const health = async (): Promise<{ state: string; days_left: number; expires_at: string }> => {
    const { text } = await over1(`${server.url}/health/deep`);
    return (JSON.parse(text) as { certificate: { state: string; days_left: number; expires_at: string } }).certificate;
  };

  it('is shown to new connections, and the open ones stay', async () => {
    const session = await open2();
    expect((await over2(session, '/ready')).status).toBe(200);
    const before = await shown();
    expect(await health()).toMatchObject({ state: 'valid', days_left: 89, expires_at: before });
    replace(await authority.issue({ days: 12 }));
    await eventually(shown, (now) => now !== before, 20_000);
    expect((await over2(session, '/ready')).status).toBe(200);
    session.close();
    expect(await health()).toMatchObject({ state: 'expiring', days_left: 11 });
    expect(server.logs()).toContain('The TLS certificate was replaced');
    expect(server.logs()).toMatch(/The TLS certificate expires on .*, in 11 days/);
    const { text } = await over1(`${server.url}/metrics`);
    expect(text).toMatch(/zerodb_tls_certificate_expiry_timestamp_seconds\{name="server"\} \d{10}/);
    expect(text).toContain('zerodb_tls_certificate_reloads_total{outcome="replaced"} 1');
  });

  it('is kept when the new one cannot be used, and the log says why, once', async () => {
    const before = await shown();
    const [one, other] = [await authority.issue(), await authority.issue()];
    replace({ cert: one.cert, key: other.key });
    await eventually(() => server.logs().includes('does not belong to the certificate'), Boolean, 20_000);
    await sleep(2_500);
    expect(server.logs().split('the old one stays').length - 1).toBe(1);
    expect(await shown()).toBe(before);
    replace(one);
    await eventually(shown, (now) => now !== before, 20_000);
  });

  it('is told of to those with a key alone', async () => {
    const { text } = await over1(`${server.url}/health/deep`, { headers: { authorization: '' } });
    expect(JSON.parse(text)).toMatchObject({ certificate: null });
  });
});

describe('mutual TLS', () => {
  it('lets in who shows a certificate of the authority, and nobody else', async () => {
    const [own, foreign] = [await authority.issue({ hosts: ['client'] }), await stranger.issue({ hosts: ['client'] })];
    const mutual = await startServer({
      ZERODB_TLS_CERT_FILE: files.cert,
      ZERODB_TLS_KEY_FILE: files.key,
      ZERODB_TLS_CLIENT_CA_FILE: files.ca,
      ZERODB_TLS_MIN_VERSION: '1.3',
    });
    try {
      const ask = (client?: Issued): Promise<number | string> =>
        new Promise((resolve) => {
          https
            .get(`${mutual.url}/ready`, { ca: authority.pem, agent: false, ...client }, (response) => {
              response.resume();
              resolve(response.statusCode ?? 0);
            })
            .once('error', () => resolve('refused'));
        });
      expect(await ask(own)).toBe(200);
      expect(await ask(foreign)).toBe('refused');
      expect(await ask()).toBe('refused');
      const session = http2.connect(mutual.url, { ca: authority.pem, ...own });
      const answer = await over2(session, '/v1/status', { headers: { authorization: `Bearer ${mutual.rootKey}` } });
      expect(answer.status).toBe(200);
      // An open connection without a request must not hold the process up.
      const startedAt = performance.now();
      expect(await mutual.stop()).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(9_000);
    } finally {
      await mutual.kill().catch(() => undefined);
    }
  });
});

describe('a server with TLS under load', () => {
  it('refuses early over both protocols, and keeps the connection', async () => {
    const busy = await startServer({
      ZERODB_TLS_CERT_FILE: files.cert,
      ZERODB_TLS_KEY_FILE: files.key,
      ZERODB_RATE_LIMIT: '2',
      ZERODB_RATE_LIMIT_BURST: '2',
      ZERODB_RATE_LIMIT_ROOT: '1000',
    });
    const session = http2.connect(busy.url, { ca: authority.pem });
    try {
      const root = { authorization: `Bearer ${busy.rootKey}` };
      const body = JSON.stringify({ name: 'k', role: 'write', project: 'default' });
      const made = await over2(session, '/v1/keys', { method: 'POST', headers: { ...root, ...JSON_TYPE }, body });
      const own = { authorization: `Bearer ${(JSON.parse(made.text) as { key: string }).key}` };
      const refusedBy = async (ask: () => Promise<Answer>): Promise<Answer> => await eventually(ask, isRefused, 10_000);
      await refusedBy(() => over2(session, '/v1/collections', { headers: own }));
      const large = { method: 'PUT', headers: { ...own, ...JSON_TYPE }, body: 'x'.repeat(1_000_000) };
      const target = '/v1/collections/c/records';
      const second = await refusedBy(() => over2(session, target, large));
      expect([codeOf(second), second.headers['server-timing'] !== undefined]).toEqual(['rate_limited', true]);
      const first = await refusedBy(() => over1(busy.url + target, large));
      expect([codeOf(first), first.headers.connection]).toEqual(['rate_limited', 'close']);
      expect((await over2(session, '/v1/status', { headers: root })).status).toBe(200);
    } finally {
      session.destroy();
      await busy.stop();
    }
  });
});

const isRefused = ({ status }: Answer): boolean => status === 429;

it('leaves no private key in its log', () => {
  const key = readFileSync(files.key, 'utf8').split('\n')[1] ?? 'none';
  expect(server.logs()).not.toContain(key);
});
