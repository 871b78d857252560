import { Injectable } from '@nestjs/common';
import { PART_BYTES } from '../file-store.port';

/** Kept for the next upload; more than these are left to the garbage collector. */
const MAX_FREE = 4;

/** Reusable buffers of one part: allocating 8 MiB of fresh memory takes longer than copying and sending a part. */
@Injectable()
export class PartBuffers {
  private readonly free: Buffer[] = [];

  /** `PART_BYTES` uninitialised bytes. */
  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(PART_BYTES);
  }

  /** Call only when nothing reads the buffer any longer. A buffer that is never returned is simply collected. */
  give(buffer: Buffer): void {
    if (buffer.length === PART_BYTES && this.free.length < MAX_FREE) this.free.push(buffer);
  }

  /** The function that each of `users` calls when it is done; the last call returns the buffer. */
  sharedBy(users: number, buffer: Buffer): () => void {
    let left = users;
    return () => {
      left -= 1;
      if (left === 0) this.give(buffer);
    };
  }
}
