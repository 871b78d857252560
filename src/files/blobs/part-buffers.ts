import { Injectable } from '@nestjs/common';
import { PART_BYTES } from '../file-store.port';

/** Kept for the next upload; more than these are left to the garbage collector. */
const MAX_FREE = 4;

/**
 * Buffers of one part, used again and again: to have the system find 8 MiB of fresh memory takes longer than to copy a
 * part and to send it.
 */
@Injectable()
export class PartBuffers {
  private readonly free: Buffer[] = [];

  /** `PART_BYTES` bytes of anything. */
  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(PART_BYTES);
  }

  /** Only by whoever knows that nobody reads it. What is never given back is no loss. */
  give(buffer: Buffer): void {
    if (buffer.length === PART_BYTES && this.free.length < MAX_FREE) this.free.push(buffer);
  }

  /** What each of `users` calls when it is done with the buffer; the last one returns it. */
  sharedBy(users: number, buffer: Buffer): () => void {
    let left = users;
    return () => {
      left -= 1;
      if (left === 0) this.give(buffer);
    };
  }
}
