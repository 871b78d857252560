import { createHash, webcrypto } from 'node:crypto';

/** Below this, hashing costs less than the way to another thread. */
const SMALL = 64 * 1024;

/** SHA-256, of large pieces on another thread: this one has sockets to serve meanwhile. */
export const sha256Of = async (bytes: Buffer): Promise<Buffer> =>
  bytes.length < SMALL
    ? createHash('sha256').update(bytes).digest()
    : Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes));
