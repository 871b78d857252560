import { createHash } from 'node:crypto';

/**
 * SHA-256 of all pieces together. Runs on this thread: passing the bytes to another one copies them, which costs as
 * much as hashing them on processors with SHA instructions.
 */
export const sha256Of = (...pieces: readonly Buffer[]): Buffer => {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};
