import { createHash } from 'node:crypto';

/**
 * SHA-256. On this thread: the way to another one copies the bytes, which costs as much as hashing them where the
 * processor has instructions for it.
 */
export const sha256Of = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
