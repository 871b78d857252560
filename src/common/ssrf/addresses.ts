import { BlockList, isIP } from 'node:net';

/**
 * Networks outside of the public internet: this host, private and shared networks, link-local (and with it cloud
 * metadata).
 */
const PRIVATE_V4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** The same for IPv6, including every notation of IPv4 addresses in IPv6. */
const PRIVATE_V6: readonly [string, number][] = [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

// Two lists: a single one would match every IPv4 address by the mapped range of IPv6.
const blockedV4 = new BlockList();
const blockedV6 = new BlockList();
for (const [network, prefix] of PRIVATE_V4) blockedV4.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of PRIVATE_V6) blockedV6.addSubnet(network, prefix, 'ipv6');

/** Whether what is read from this URL cannot be changed on its way: by TLS, or because it does not leave the machine. */
export function isEncryptedOrLocal(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  if (protocol === 'https:') return true;
  return protocol === 'http:' && isLoopback(hostname);
}

/** By the text alone, as `URL` writes it. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));

/** Whether outside callers must not reach this address through us. A text that is not an address counts as private. */
export function isPrivateAddress(address: string): boolean {
  const bare = address.split('%', 1)[0] ?? '';
  const family = isIP(bare);
  if (family === 4) return blockedV4.check(bare, 'ipv4');
  return family === 0 || blockedV6.check(bare, 'ipv6');
}
