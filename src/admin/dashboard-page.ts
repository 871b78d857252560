import { randomBytes } from 'node:crypto';

/** What the build leaves where a nonce belongs (see dashboard/vite.config.mjs). */
const PLACEHOLDER = '__CSP_NONCE__';

export const newNonce = (): string => randomBytes(16).toString('base64');

/** The page with its nonce. */
export const pageWith = (html: string, nonce: string): string => html.replaceAll(PLACEHOLDER, nonce);

/**
 * Scripts from here alone. Style elements, which the components make at run time, carry the page's nonce; `blob:` shows
 * files that were fetched with the key, which an address could not carry. `signInOrigins`: where a browser exchanges its code
 * for a token.
 */
export const policyWith = (nonce: string, signInOrigins: readonly string[] = []): string =>
  [
    "default-src 'self'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "frame-src 'self' blob:",
    ["connect-src 'self'", ...signInOrigins].join(' '),
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
