import { isIP } from 'node:net';
import type { PeerTls, TlsMaterial } from '../../common/tls';

export interface ServerConnection {
  readonly connectionString: string;
  readonly ssl?: TlsMaterial & { readonly rejectUnauthorized?: boolean; readonly host?: string };
}

/** Parameters with which a URL describes TLS, as `pg` reads them. */
const TLS_PARAMETERS = ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat'];

/**
 * Address and TLS of one connection. Without `tls` the URL says both. With it the server's certificate is checked, unless
 * the URL has `sslmode=no-verify`; the files of the settings stand in for those of the URL.
 */
export const connectionOf = (url: string, tls: PeerTls | undefined): ServerConnection => {
  if (tls === undefined) return { connectionString: url };
  const address = new URL(url);
  const mode = address.searchParams.get('sslmode');
  // Whatever the URL says of it would take the place of `ssl`.
  for (const name of TLS_PARAMETERS) address.searchParams.delete(name);
  const host = (address.searchParams.get('host') ?? address.hostname).replace(/^\[|\]$/g, '');
  return {
    connectionString: address.href,
    ssl: {
      ...tls.options(),
      ...(mode === 'no-verify' ? { rejectUnauthorized: false } : {}),
      // `pg` names the host to TLS unless it is an address, and Node would then look for "localhost" in the certificate.
      ...(isIP(host) === 0 ? {} : { host }),
    },
  };
};
