import { createHash } from 'node:crypto';

/** No key and no name that is reserved looks like it. */
const PREFIX = 'oidc';
/** Header, claims and signature. Keys of ZeroDB have no dot. */
const TOKEN = /^[\w-]{2,4000}\.[\w-]{2,16000}\.[\w-]{0,4000}$/;

/** Who a token is about: a subject is only known together with who issued it. */
export interface TokenSubject {
  readonly issuer: string;
  readonly subject: string;
}

/** What stands for a key's id where the caller has shown a token: names nobody, so that logs and signed URLs may have it. */
export const tokenIdOf = ({ issuer, subject }: TokenSubject): string =>
  `${PREFIX}${createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
    .slice(0, 32)}`;

/** Whether the caller of this key id has shown a token. No row of the database knows it. */
export const isTokenId = (keyId: string): boolean => /^oidc[0-9a-f]{32}$/.test(keyId);

export const looksLikeToken = (text: string): boolean => TOKEN.test(text);
