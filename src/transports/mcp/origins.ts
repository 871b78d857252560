import type { IncomingHttpHeaders } from 'node:http';
import { forbidden } from '../../common/errors';
import { withoutTrailingSlashes } from '../../common/trim-end';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Which web pages may speak to `/mcp`. Browsers say where a page comes from, other clients say nothing. A page whose
 * name was made to point at this machine (DNS rebinding) has the same name in `Origin` and `Host`: so being the same
 * counts on loopback names alone, which nobody else can own.
 */
export class Origins {
  private readonly allowed: ReadonlySet<string>;

  /** `configured`: origins with commas between them, or `*`. */
  constructor(configured: string | undefined) {
    const origins = (configured ?? '').split(',').map((each) => withoutTrailingSlashes(each.trim()));
    this.allowed = new Set(origins.filter((each) => each !== ''));
  }

  /** The origin to answer with CORS headers, `undefined` without one. Throws `forbidden` for a foreign one. */
  check({ origin, host }: IncomingHttpHeaders): string | undefined {
    if (origin === undefined) return undefined;
    if (this.allowed.has('*') || this.allowed.has(origin) || isOwn(origin, host)) return origin;
    throw forbidden('Web pages of this origin may not use /mcp; ZERODB_MCP_ORIGINS names those that may.');
  }
}

const isOwn = (origin: string, host: string | undefined): boolean => {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return LOOPBACK.has(url.hostname) && url.host === host;
};

/** What a page of an allowed origin needs to send its key and to read the answer. */
export const corsHeaders = (origin: string): Record<string, string> => ({
  'access-control-allow-origin': origin,
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers':
    'authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, zerodb-project, request-timeout',
  'access-control-expose-headers': 'www-authenticate, x-request-id, retry-after',
  'access-control-max-age': '600',
  'cross-origin-resource-policy': 'cross-origin',
  vary: 'origin',
});
