import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressRefused, GuardedClient, isPrivateAddress, urlFault } from './index';

it.each([
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'fd00::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '::7f00:1',
  'no address',
])('%s is private', (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '193.0.0.1'])('%s is public', (address) => {
  expect(isPrivateAddress(address)).toBe(false);
});

it.each([
  'http://127.0.0.1/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0177.0.0.1/',
  'http://[::1]/',
  'http://127.1:80/',
  'http://[::ffff:127.0.0.1]/',
  'http://localhost:80/',
  'http://a.localhost/',
  'http://169.254.169.254/latest/meta-data',
  'ftp://example.com/',
  'file:///etc/passwd',
  'http://user:password@example.com/',
  'not a url',
  'javascript:alert(1)',
])('refuses the URL %s', (url) => {
  expect(urlFault(url, { allowPrivate: false })).toBeDefined();
});

it('takes a public URL, and a private one where that is allowed', () => {
  expect(urlFault('https://example.com/hook?a=1', { allowPrivate: false })).toBeUndefined();
  expect(urlFault('http://127.0.0.1:8080/', { allowPrivate: true })).toBeUndefined();
});

describe('a client', () => {
  let server: Server;
  let port: number;
  let seen: string[];
  const call = { headers: {}, body: '{}', timeoutMs: 2_000 };

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(String(request.headers.host));
      if (request.url === '/redirect') response.writeHead(302, { location: '/' }).end();
      else response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => (seen = []));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const resolveTo = (...addresses: string[]) =>
    ((_host: string, _options: unknown, done: (error: null, all: { address: string; family: number }[]) => void) =>
      done(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      )) as never;

  it('does not connect to a name that resolves to a private address', async () => {
    const client = new GuardedClient({ allowPrivate: false, resolve: resolveTo('127.0.0.1') });
    await expect(client.post(`http://rebound.example:${port}/`, call)).rejects.toThrow(AddressRefused);
    expect(seen).toEqual([]);
    await client.close();
  });

  it('refuses a name with one private address among public ones', async () => {
    const client = new GuardedClient({ allowPrivate: false, resolve: resolveTo('8.8.8.8', '127.0.0.1') });
    await expect(client.post(`http://mixed.example:${port}/`, call)).rejects.toThrow(AddressRefused);
    await client.close();
  });

  it('calls what is allowed, by the name it was given', async () => {
    const client = new GuardedClient({ allowPrivate: true, resolve: resolveTo('127.0.0.1') });
    expect(await client.post(`http://inside.example:${port}/`, call)).toMatchObject({ status: 204 });
    expect(seen).toEqual([`inside.example:${port}`]);
    await client.close();
  });

  it('follows no redirect', async () => {
    const client = new GuardedClient({ allowPrivate: true });
    expect(await client.post(`http://127.0.0.1:${port}/redirect`, call)).toMatchObject({ status: 302 });
    expect(seen).toHaveLength(1);
    await client.close();
  });
});
