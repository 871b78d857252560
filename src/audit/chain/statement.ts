import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';

/** What a signature says: at `at`, the entry `seq` of this chain had this hash, and was its end (`head`), a place in it, or its beginning. */
export interface Statement {
  readonly kind: 'head' | 'checkpoint' | 'anchor';
  readonly chain: number;
  readonly seq: number;
  /** Hexadecimal. */
  readonly hash: string;
  /** RFC 3339 with milliseconds. */
  readonly at: string;
}

export interface SignedStatement extends Statement {
  /** Ed25519, base64. */
  readonly signature: string;
}

/** The bytes that are signed. */
export const statementOf = ({ kind, chain, seq, hash, at }: Statement): Buffer =>
  Buffer.from(`zerodb audit 1\n${kind}\n${chain}\n${seq}\n${hash}\n${at}\n`);

/** Throws when the text is no Ed25519 key: SPKI as base64, or PEM. */
export const publicKeyOf = (text: string): KeyObject => {
  const trimmed = text.trim();
  const key = trimmed.startsWith('-----')
    ? createPublicKey(trimmed)
    : createPublicKey({ key: Buffer.from(trimmed, 'base64'), format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('The key is no Ed25519 key.');
  return key;
};

export const isSignedBy = (key: KeyObject, statement: SignedStatement): boolean =>
  verify(null, statementOf(statement), key, Buffer.from(statement.signature, 'base64'));

/** Ed25519, SPKI, DER, base64. */
export const textOfKey = (key: KeyObject): string => key.export({ format: 'der', type: 'spki' }).toString('base64');

/** The beginning of a public key's SHA-256, to compare by eye. */
export const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex')
    .slice(0, 16);
