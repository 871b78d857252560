import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type ServerHttp2Stream } from 'node:http2';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { TestAuthority } from '../../../test/support/certificates';
import { addressReader } from '../../common/client-address';
import { limitConnections } from './limit-connections';
import { cutSecure, endHttp2, serveHttp2 } from './http2';
import { settleUnread } from './unread-body';

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

const connect = (settings: http2.Settings = {}): ClientHttp2Session =>
  http2
    .connect(`https://localhost:${(server.address() as AddressInfo).port}`, { ca: authority.pem, settings })
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

  it.each([
    ['close', http2.constants.NGHTTP2_NO_ERROR],
    ['close', http2.constants.NGHTTP2_CANCEL],
    ['destroy', 0],
    ['lose its connection', 0],
  ])('fails a body that its client broke off (%s, code %i), and lets go of the request', async (how, code) => {
    const read = new Promise<string>((resolve) => {
      handler = (request) => void text(request).then(resolve, (error: Error) => resolve(`failed: ${error.message}`));
    });
    const closed = new Promise<unknown>((resolve) => {
      const reads = handler;
      handler = (request, response) => {
        response.once('close', () => resolve(response.closed));
        reads(request, response);
      };
    });
    const session = connect();
    const stream = session.request({ ':method': 'POST' });
    stream.on('error', () => undefined).write('a part');
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (how === 'close') stream.close(code);
    else if (how === 'destroy') stream.destroy();
    else session.destroy();
    expect(await read).toBe('failed: The body was broken off.');
    expect(await closed).toBe(true);
    session.close();
  });

  it('fails a body that is still being read when its answer ends without it', async () => {
    const read = new Promise<string>((resolve) => {
      handler = (request, response) => {
        void text(request).then(resolve, (error: Error) => resolve(`failed: ${error.message}`));
        settleUnread(request, () => undefined);
        response.end('too late');
      };
    });
    const session = connect();
    const stream = session.request({ ':method': 'POST' });
    const code = ended(stream);
    stream.write('a part');
    expect(await read).toBe('failed: The body was broken off.');
    expect(await code).toBe(http2.constants.NGHTTP2_NO_ERROR);
    session.close();
  });

  it('takes a whole body that is read late, and lets go of one that nobody reads', async () => {
    const body = 'x'.repeat(1_000_000);
    handler = (request, response) => {
      if (request.url === '/unread') return void response.end();
      setTimeout(() => void text(request).then((all) => response.end(all)), 50);
    };
    const session = connect();
    const stream = session.request({ ':method': 'POST' });
    stream.end(body);
    expect(await text(stream)).toBe(body);
    const unread = session.request({ ':method': 'POST', ':path': '/unread' });
    const code = ended(unread);
    unread.end('small');
    expect(await code).toBe(http2.constants.NGHTTP2_NO_ERROR);
    session.close();
  });

  it('answers others while a large answer waits for its client', async () => {
    handler = (request, response) => void response.end(request.url === '/large' ? Buffer.alloc(24_000_000) : 'small');
    const session = connect();
    const large = session.request({ ':path': '/large' }).on('error', () => undefined);
    await new Promise((resolve) => large.once('response', resolve));
    expect(await text(session.request({ ':path': '/small' }))).toBe('small');
    session.destroy();
  });

  it('resets a whole answer that its client does not take in time, and no other', async () => {
    let late: () => boolean = () => false;
    handler = (request, response) => {
      const { stream } = request as unknown as { readonly stream: ServerHttp2Stream };
      late = () => stream.emit('timeout');
      response.write('a part');
      if (request.url === '/whole') response.end('the rest');
    };
    const session = connect({ initialWindowSize: 0 });
    const code = async (target: string): Promise<number> => {
      const stream = session.request({ ':path': target });
      const closed = ended(stream);
      await new Promise((resolve) => stream.once('response', resolve));
      late();
      return Promise.race([closed, new Promise<number>((resolve) => setTimeout(() => resolve(-1), 200))]);
    };
    expect(await code('/whole')).toBe(http2.constants.NGHTTP2_CANCEL);
    expect(await code('/part')).toBe(-1);
    session.destroy();
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
