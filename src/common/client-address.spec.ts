import type { IncomingMessage } from 'node:http';
import { addressReader, isNetwork } from './client-address';

const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

describe('the address of a client', () => {
  it.each<[what: string, trusted: string[], remote: string, forwarded: string | undefined, address: string]>([
    ['nobody is trusted by default', [], '10.0.0.1', '1.2.3.4', '10.0.0.1'],
    ['a proxy is believed', ['10.0.0.1'], '10.0.0.1', '1.2.3.4', '1.2.3.4'],
    ['a network of proxies is believed', ['10.0.0.0/8'], '10.9.9.9', '1.2.3.4, 10.1.1.1', '1.2.3.4'],
    ['what the client wrote itself is not', ['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, 1.2.3.4', '1.2.3.4'],
    ['a stranger is not', ['10.0.0.0/8'], '9.9.9.9', '1.2.3.4', '9.9.9.9'],
    ['no address is not', ['10.0.0.1'], '10.0.0.1', 'evil\n', '10.0.0.1'],
    ['IPv4 within IPv6 is IPv4', ['10.0.0.1'], '::ffff:10.0.0.1', '1.2.3.4', '1.2.3.4'],
    ['IPv6 goes too', ['fd00::/8'], 'fd00::1', '2001:db8::1', '2001:db8::1'],
    ['a proxy alone is itself', ['10.0.0.1'], '10.0.0.1', undefined, '10.0.0.1'],
  ])('%s', (_what, trusted, remote, forwarded, address) => {
    expect(addressReader(trusted)(request(remote, forwarded))).toBe(address);
  });

  it('knows networks from other texts', () => {
    expect(['1.2.3.4', '10.0.0.0/8', '::1', 'fd00::/8'].every(isNetwork)).toBe(true);
    expect(['', 'host', '1.2.3', '1.2.3.4/33', '::/129', '1.2.3.4/8/8', '10.0.0.0/'].some(isNetwork)).toBe(false);
  });
});
