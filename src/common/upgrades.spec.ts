import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { onUpgrade, refuseUpgrade, serveUpgrades } from './upgrades';

/** Everything that comes over a connection which sends `text`, until `isEnough`. */
const exchange = (port: number, text: string, isEnough: (got: string) => boolean): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let got = '';
    const timer = setTimeout(() => reject(new Error(`Only this came: ${got}`)), 10_000);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      got += chunk.toString();
      if (!isEnough(got)) return;
      clearTimeout(timer);
      socket.destroy();
      resolve(got);
    });
  });

const echo = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return `${request.method} ${request.url} ${JSON.stringify(request.headers)} <${body}>`;
};

describe('an offer to upgrade', () => {
  let server: Server;
  let port: number;
  const upgraded: string[] = [];
  const context = new AsyncLocalStorage<string>();

  beforeAll(async () => {
    server = createServer(
      (request, response) =>
        void context.run('the request', async () => {
          const text = await echo(request);
          response.end(text);
        }),
    );
    context.run('the context', () => serveUpgrades(server));
    onUpgrade(server, '/ws', (request, socket) => {
      upgraded.push(request.url ?? '');
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    });
    onUpgrade(server, '/taken', (_request, socket) => socket.end(`taken in ${context.getStore()}`));
    onUpgrade(server, '/closed', (_request, socket) => refuseUpgrade(socket, 403, 'Forbidden'));
    onUpgrade(server, '/context', (_request, socket) => {
      socket.on('data', (chunk: Buffer) => socket.end(`${String(chunk)} in ${context.getStore()}`));
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('leaves a socket whose data is heard in the async context of the server', async () => {
    const offer = 'GET /context HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const socket = connect(port, '127.0.0.1', () => socket.write(offer));
    let got = '';
    for await (const chunk of socket) {
      got += String(chunk);
      if (!got.includes('heard')) socket.write('heard');
    }
    expect(got).toMatch(/heard in the context$/);
  });

  it('is taken in the async context of the server, behind a request that is not answered yet, too', async () => {
    const offer = 'GET /taken HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const taken = (text: string): Promise<string> => exchange(port, text, (got) => got.includes('taken in the '));
    expect(await taken(offer)).toMatch(/taken in the context$/);
    const behind = await taken(`GET /first HTTP/1.1\r\nHost: x\r\n\r\n${offer}`);
    expect(behind).toMatch(/GET \/first [^]*taken in the context$/);
  });

  const H2C = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n';

  it.each([
    ['h2c', H2C],
    ['TLS/1.0', 'Connection: upgrade\r\nUpgrade: TLS/1.0\r\n'],
    ['several', 'Connection: keep-alive, Upgrade\r\nUpgrade: h2c, websocket\r\n'],
    ['a WebSocket where there is none', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'],
  ])('%s is answered as HTTP/1.1', async (_name, offer) => {
    const got = await exchange(port, `GET /a?b=c HTTP/1.1\r\nHost: x\r\nX-A: ü\r\n${offer}\r\n`, (text) =>
      text.includes('<>'),
    );
    expect(got).toMatch(/^HTTP\/1.1 200 OK/);
    expect(got).toContain('GET /a?b=c ');
    expect(got).not.toMatch(/h2c|http2-settings|"upgrade"/);
  });

  it('keeps the body, in pieces too, and the connection', async () => {
    const body = 'x'.repeat(100_000);
    const first = `POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${H2C}\r\n${body}`;
    const second = `GET /second HTTP/1.1\r\nHost: x\r\n${H2C}\r\n`;
    const got = await exchange(port, first + second, (text) => text.includes('/second') && text.includes('<>'));
    expect(got).toContain(`<${body}>`);
  });

  it('that is known goes on working', async () => {
    const offer = 'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n';
    expect(await exchange(port, offer, (text) => text.includes('\r\n\r\n'))).toContain('101');
    expect(upgraded).toEqual(['/ws']);
  });

  it('that is refused leaves no socket behind, whoever holds on', async () => {
    const offer = 'GET /closed HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const held: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => held.write(offer));
    held.on('error', () => undefined);
    const answer = await new Promise<string>((resolve) => held.once('data', (chunk) => resolve(chunk.toString())));
    expect(answer).toContain('403 Forbidden');
    const connections = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
    for (let i = 0; i < 200 && (await connections()) > 0; i += 1) await new Promise((done) => setTimeout(done, 50));
    expect(await connections()).toBe(0);
    held.destroy();
  });
});
