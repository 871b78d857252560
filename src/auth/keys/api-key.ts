import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface NewApiKey {
  readonly id: string;
  /** Shown once, never stored. */
  readonly key: string;
  readonly hash: Buffer;
}

/** `zdb_<id>_<256 random bits>`; with the id of an earlier key, a new secret for it. */
export const createApiKey = (id = randomBytes(8).toString('hex')): NewApiKey => {
  const key = `zdb_${id}_${randomBytes(32).toString('base64url')}`;
  return { id, key, hash: hashKey(key) };
};

export const createRootKey = (): string => `zdb_root_${randomBytes(32).toString('base64url')}`;

/** Keys hold 256 random bits, so a fast hash is enough: there is no dictionary to go through. */
export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest();

export const isSameHash = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

export const isKeyId = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);

/** The id inside a project's key; `undefined` when the text is no such key. */
export const keyIdOf = (key: string): string | undefined => /^zdb_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/.exec(key)?.[1];
