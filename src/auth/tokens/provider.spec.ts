import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from './provider';

describe('a provider', () => {
  let server: Server;
  let issuer: string;
  let behave: RequestListener;

  beforeAll(async () => {
    server = createServer((request, response) => behave(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const answering = (document: unknown): RequestListener => {
    const body = typeof document === 'string' ? document : JSON.stringify(document);
    return (_request, response) => void response.end(body);
  };

  const keysOf = async (more: { jwksUrl?: string } = {}): Promise<unknown> => {
    const provider = new Provider({ issuer, jwksUrl: undefined, caFile: undefined, ...more });
    return await provider.keys().finally(() => provider.close());
  };

  it('is asked for its keys where its discovery document says they are', async () => {
    behave = ({ url }, response) => {
      const isDiscovery = url === '/.well-known/openid-configuration';
      response.end(JSON.stringify(isDiscovery ? { issuer, jwks_uri: `${issuer}/k` } : { keys: [{ kid: url }] }));
    };
    expect(await keysOf()).toEqual({ keys: [{ kid: '/k' }] });
    expect(await keysOf({ jwksUrl: `${issuer}/mine` })).toEqual({ keys: [{ kid: '/mine' }] });
  });

  it.each<[string, RequestListener]>([
    ['closes the connection', (_request, response) => void response.destroy()],
    ['never answers', () => undefined],
    ['answers without end', (_request, response) => void endless(response)],
    ['answers with a fault', (_request, response) => void response.writeHead(500).end('{"keys":[]}')],
    ['sends elsewhere', (_request, response) => void response.writeHead(302, { location: '/' }).end()],
    ['answers with no keys', answering({ keys: 1 })],
    ['answers with too many keys', answering({ keys: Array.from({ length: 101 }, () => ({})) })],
    ['answers with no JSON', answering('<html>')],
    ['answers with null', answering('null')],
  ])('that %s gives no keys', async (_how, behaviour) => {
    behave = behaviour;
    await expect(keysOf({ jwksUrl: `${issuer}/keys` })).rejects.toThrow();
  });

  it.each([
    ['is another issuer', { issuer: 'https://evil.example' }, /names itself/],
    ['leads into the private network', { jwks_uri: 'https://169.254.169.254/keys' }, /private/],
    ['leads to another port of this machine', { jwks_uri: 'http://127.0.0.1:1/keys' }, /private/],
    ['leads out without TLS', { jwks_uri: 'http://keys.example/keys' }, /names no keys/],
    ['leads to a file', { jwks_uri: 'file:///etc/passwd' }, /names no keys/],
    ['names no keys', {}, /names no keys/],
  ])('whose discovery document %s gives no keys', async (_how, document, fault) => {
    behave = answering({ issuer, ...document });
    await expect(keysOf()).rejects.toThrow(fault);
  });
});

const endless = (response: Parameters<RequestListener>[1]): void => {
  const write = (): void => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
    response.once('drain', write);
  };
  write();
};
