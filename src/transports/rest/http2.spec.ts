import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { TestAuthority } from '../../../test/support/certificates';
import { addressReader } from '../../common/client-address';
import { limitConnections } from './limit-connections';
import { cutSecure, endHttp2, serveHttp2 } from './http2';

let authority: TestAuthority;
let server: Server;
let handler: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  authority = await TestAuthority.create();
  const options = { ...(await authority.issue()), ALPNProtocols: ['h2', 'http/1.1'] };
  server = https.createServer(options, (request, response) => handler(request, response));
  serveHttp2(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  cutSecure(server);
  await new Promise((resolve) => server.close(resolve));
});

const connect = (): ClientHttp2Session =>
  http2
    .connect(`https://localhost:${(server.address() as AddressInfo).port}`, { ca: authority.pem })
    .on('error', () => undefined);
const ended = (stream: ClientHttp2Stream): Promise<number> =>
  new Promise((resolve) => {
    stream.on('error', () => undefined).resume();
    stream.once('close', () => resolve(stream.rstCode));
  });

describe('HTTP/2 beside HTTP/1.1', () => {
  it('tells a client that an answer was broken off', async () => {
    handler = (_request, response) => {
      response.write('a part');
      setTimeout(() => response.destroy(), 20);
    };
    const session = connect();
    expect(await ended(session.request())).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR);
    session.close();
  });

  it('knows where a request came from when the connection is gone', async () => {
    const seen = new Promise<string>((resolve) => {
      handler = (request, response) => {
        response.once('close', () => setImmediate(() => resolve(addressReader([])(request))));
      };
    });
    const session = connect();
    session.request().on('error', () => undefined);
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    setTimeout(() => session.destroy(), 100);
    expect(await seen).toMatch(/^(?:127\.0\.0\.1)?$/);
  });

  it('lets open requests finish when it ends, and takes no more', async () => {
    let finish: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      handler = (_request, response) => {
        finish = () => void response.end('all of it');
        resolve();
      };
    });
    const session = connect();
    const closed = new Promise((resolve) => session.once('close', resolve));
    const code = ended(session.request());
    await begun;
    endHttp2(server);
    finish();
    expect(await code).toBe(http2.constants.NGHTTP2_NO_ERROR);
    await closed;
  });

  it('is cut when it must end, whatever its clients do', async () => {
    handler = () => undefined;
    const session = connect();
    session.request().on('error', () => undefined);
    const silent = net.connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    const closed = [session, silent].map(async (one) => await new Promise((resolve) => one.once('close', resolve)));
    silent.resume();
    endHttp2(server);
    cutSecure(server);
    await Promise.all(closed);
  });

  it('is within the limit of connections', async () => {
    const { cert, key } = await authority.issue();
    const small = https.createServer({ cert, key, ALPNProtocols: ['h2'] }, (_request, response) => void response.end());
    serveHttp2(small);
    limitConnections(small, 1);
    await new Promise<void>((resolve) => small.listen(0, '127.0.0.1', resolve));
    const open = (): Promise<boolean> =>
      new Promise((resolve) => {
        const { port } = small.address() as AddressInfo;
        const socket = tls.connect({ port, host: 'localhost', ca: authority.pem, ALPNProtocols: ['h2'] });
        socket.once('secureConnect', () => resolve(true)).once('error', () => resolve(false));
      });
    expect([await open(), await open()]).toEqual([true, false]);
    cutSecure(small);
    await new Promise((resolve) => small.close(resolve));
  });

  it('is for servers with TLS', () => {
    expect(() => serveHttp2(createServer())).toThrow('TLS');
  });
});
