import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

export type AddressOf = (request: IncomingMessage) => string;

/** No deployment has more proxies than this. */
const MAX_HOPS = 16;
const MAPPED = /^::ffff:(?=\d+\.)/i;

/** Whether a text is an IP address, or a network such as `10.0.0.0/8`. */
export const isNetwork = (text: string): boolean => {
  const [address = '', prefix, more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more !== undefined) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
};

/**
 * Tells the address of a request's client: the other end of the connection, or, where that is one of the `trusted`
 * proxies, the last address in `X-Forwarded-For` that is none of them. Entries that clients write there themselves are
 * further to the left, and are ignored.
 */
export const addressReader = (trusted: readonly string[]): AddressOf => {
  const isTrusted = matcherOf(trusted);
  return ({ socket, headers }) => {
    let address = (socket.remoteAddress ?? '').replace(MAPPED, '');
    for (const hop of hopsIn(headers['x-forwarded-for'])) {
      if (!isTrusted(address) || isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  };
};

/** Nearest first. */
const hopsIn = (header: string | string[] | undefined): string[] =>
  header === undefined
    ? []
    : [header]
        .flat()
        .join(',')
        .split(',')
        .slice(-MAX_HOPS)
        .map((hop) => hop.trim().replace(MAPPED, ''))
        .reverse();

const matcherOf = (trusted: readonly string[]): ((address: string) => boolean) => {
  if (trusted.length === 0) return () => false;
  const list = new BlockList();
  for (const network of trusted) {
    const [address = '', prefix] = network.split('/');
    const type = familyOf(address);
    if (prefix === undefined) list.addAddress(address, type);
    else list.addSubnet(address, Number(prefix), type);
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
};

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
