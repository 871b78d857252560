import type { IncomingHttpHeaders } from 'node:http';
import { withoutTrailingSlashes } from '../../common/trim-end';

export const METADATA_PATH = '/.well-known/oauth-protected-resource';

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i;

/**
 * The address under which a client has reached us: as configured, or as its `Host` header has it. That header is the
 * client's own word, and comes back to the same client alone.
 */
export const baseUrl = (
  publicUrl: string | undefined,
  { host = '' }: IncomingHttpHeaders,
  protocol: 'http' | 'https' = 'http',
): string =>
  (publicUrl === undefined ? undefined : withoutTrailingSlashes(publicUrl)) ??
  `${protocol}://${HOST.test(host) ? host : 'localhost'}`;

/** OAuth 2.1 protected-resource metadata (RFC 9728). Without authorization servers the keys are ZeroDB's own. */
export const protectedResource = (
  base: string,
  authorizationServers: readonly string[] | undefined,
): Record<string, unknown> => ({
  resource: `${base}/mcp`,
  resource_name: 'ZeroDB',
  ...(authorizationServers === undefined ? {} : { authorization_servers: authorizationServers }),
  bearer_methods_supported: ['header'],
  scopes_supported: ['read', 'write', 'admin'],
});

/** For a 401: where a client learns how to get a token. */
export const challenge = (base: string): string =>
  `Bearer realm="zerodb", resource_metadata="${base}${METADATA_PATH}/mcp"`;
