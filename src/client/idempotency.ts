import type { AnyOptions, Method } from './operations';

/** Operations that keep no answers by key: what they do twice is done twice. `test/sdk` compares this with `openapi.json`. */
const KEEP_NONE: ReadonlySet<string> = new Set([
  '/graphql',
  '/mcp',
  '/v1/keys/{id}/s3',
  '/v1/topics/{topic}/groups/{group}/poll',
]);

/**
 * Whether a call takes an `Idempotency-Key`: writes whose body is JSON. Searches and other reads by POST ignore it, and streams
 * of bytes are not kept by the server.
 */
export const takesKey = (method: Method, path: string, { stream, repeatable }: AnyOptions): boolean =>
  method !== 'get' && method !== 'head' && stream === undefined && repeatable !== false && !KEEP_NONE.has(path);

export const hasKey = (headers: Readonly<Record<string, string>> = {}): boolean =>
  Object.keys(headers).some((name) => name.toLowerCase() === 'idempotency-key');

/** `crypto.randomUUID` is missing where a page is not served over HTTPS. */
export const newKey = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};
