import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { Client } from './client';
import type { Fault } from './fault';
import { HttpFaultProxy, isQdrantWrite } from './http-fault-proxy';
import { Random } from './random';
import { TcpFaultProxy } from './tcp-fault-proxy';

const hostOf = (server: Server | HttpServer): { host: string; port: number } => ({
  host: '127.0.0.1',
  port: (server.address() as AddressInfo).port,
});

describe('a proxy that breaks HTTP', () => {
  const paths: (string | undefined)[] = [];
  const server = createHttpServer((request, response) => {
    paths.push(request.url);
    request.resume();
    if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 1_234 }).end();
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":"ok"}');
  });
  let proxy: HttpFaultProxy;
  let client: Client;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy = await HttpFaultProxy.open(hostOf(server), new Random(1), isQdrantWrite);
    client = new Client(`http://${proxy.address}`, 'key');
  });
  afterAll(async () => {
    client.close();
    await proxy.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  afterEach(() => proxy.inject({ kind: 'none' }));

  const ask = (path = '/collections/a/points/query', method = 'POST', patienceMs = 5_000) =>
    client.call({ method, path, body: {}, patienceMs });
  const QUERY = ['/collections/a/points/query', 'POST'] as const;
  const during = async (fault: Fault): Promise<void> => proxy.inject(fault);

  it('passes everything on while there is no fault', async () => {
    expect(await ask()).toMatchObject({ status: 200, body: { result: 'ok' } });
  });

  it('leaves the length in an answer to HEAD as it was', async () => {
    const answer = await fetch(`http://${proxy.address}/head`, { method: 'HEAD' });
    expect(answer.headers.get('content-length')).toBe('1234');
  });

  it.each([
    [{ kind: 'refuse' }, /refused|reset/],
    [{ kind: 'black_hole' }, /hung/],
    [{ kind: 'drip', bytesPerSecond: 1 }, /hung/],
    [{ kind: 'latency', ms: 1_000, jitterMs: 0 }, /hung/],
    [{ kind: 'reset_every', nth: 1 }, /reset/],
    [{ kind: 'fin_mid_body' }, /reset/],
    [{ kind: 'cut_reply', share: 1 }, /reset/],
  ] as [Fault, RegExp][])('gives no answer: %j', async (fault, kind) => {
    await during(fault);
    await expect(ask(...QUERY, 300)).rejects.toMatchObject({ kind: expect.stringMatching(kind) as string });
    await proxy.inject({ kind: 'none' });
    expect((await ask()).status).toBe(200);
  });

  it('cuts JSON in half', async () => {
    await during({ kind: 'broken_json' });
    expect((await ask()).raw).toBe('{"resul');
  });

  it('answers with a status, to a share of the requests', async () => {
    await during({ kind: 'status', statuses: [503], share: 0.5, retryAfterSeconds: 2 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask()));
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(8);
    expect(refused.length).toBeLessThan(32);
    expect(refused[0]?.retryAfter).toBe('2');
  });

  it('refuses writes alone', async () => {
    await during({ kind: 'write_failure', status: 507 });
    expect((await ask()).status).toBe(200);
    expect((await ask('/collections/a/points?wait=true', 'PUT')).status).toBe(507);
    expect((await ask('/collections/a/points/delete')).status).toBe(507);
  });

  it('lets the service do what it was asked, and loses the answer', async () => {
    paths.length = 0;
    await during({ kind: 'cut_reply', share: 1 });
    await expect(ask('/collections/b/points', 'PUT')).rejects.toMatchObject({ kind: 'reset' });
    expect(paths).toContain('/collections/b/points');
  });
});

describe('a proxy that breaks connections', () => {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  let proxy: TcpFaultProxy;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy = await TcpFaultProxy.open(hostOf(server), new Random(1));
  });
  afterAll(async () => {
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  });
  afterEach(() => proxy.inject({ kind: 'none' }));

  /** A connection that sends a word and hears it back. */
  const open = async (): Promise<{ echo(word: string): Promise<string>; close(): void }> => {
    const [host = '', port = ''] = proxy.address.split(':');
    const socket = connect({ host, port: Number(port) });
    let failure: string | undefined;
    socket.on('error', (error: NodeJS.ErrnoException) => (failure = error.code));
    const echo = (word: string): Promise<string> =>
      new Promise((resolve) => {
        if (failure) return resolve(failure);
        const timer = setTimeout(() => resolve('nothing'), 200);
        const end = (answer: string): void => {
          clearTimeout(timer);
          resolve(answer);
        };
        socket.once('data', (data: Buffer) => end(data.toString()));
        socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'));
        socket.write(word);
      });
    return { echo, close: () => socket.destroy() };
  };

  it('passes on what is asked, and loses the answer', async () => {
    const one = await open();
    expect(await one.echo('a')).toBe('a');
    await proxy.inject({ kind: 'cut_reply', share: 1 });
    expect(await one.echo('b')).toMatch(/ECONNRESET|EPIPE/);
    await proxy.inject({ kind: 'none' });
    const other = await open();
    expect(await other.echo('c')).toBe('c');
    for (const each of [one, other]) each.close();
  });

  it('swallows what open connections send, and lets new ones work', async () => {
    const old = await open();
    expect(await old.echo('a')).toBe('a');
    await proxy.inject({ kind: 'black_hole', existingOnly: true });
    expect(await old.echo('b')).toBe('nothing');
    const fresh = await open();
    expect(await fresh.echo('c')).toBe('c');
    await proxy.inject({ kind: 'none' });
    // What was swallowed does not come back: the connection is lost.
    expect(await old.echo('d')).not.toBe('d');
    expect(await fresh.echo('e')).toBe('e');
    old.close();
    fresh.close();
  });

  it('refuses, and works again', async () => {
    const old = await open();
    await old.echo('a');
    await proxy.inject({ kind: 'refuse' });
    expect(await (await open()).echo('b')).toBe('ECONNREFUSED');
    await proxy.inject({ kind: 'none' });
    const fresh = await open();
    expect(await fresh.echo('c')).toBe('c');
    fresh.close();
  });

  it('delays', async () => {
    const link = await open();
    await link.echo('a');
    await proxy.inject({ kind: 'latency', ms: 60, jitterMs: 0 });
    const begunAt = performance.now();
    expect(await link.echo('b')).toBe('b');
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(110);
    link.close();
  });
});
