import { PART_BYTES } from '../file-store.port';
import type { PartBuffers } from './part-buffers';

const EMPTY_BUFFER = Buffer.alloc(0);

/** Splits a stream into parts of exactly `PART_BYTES`. A finished part may be returned to `buffers`. */
export class PartCutter {
  /** The first bytes, until there are more: a small content needs no buffer of a whole part. */
  private lone: Buffer | undefined;
  private part: Buffer | undefined;
  private held = 0;
  private hasBegun = false;

  constructor(private readonly buffers: PartBuffers) {}

  /** Copies `bytes`, except the first: those must stay as they are. */
  *push(bytes: Buffer): Generator<Buffer> {
    if (!this.hasBegun && bytes.length < PART_BYTES) {
      this.lone = bytes;
      this.held = bytes.length;
    } else {
      yield* this.fill(bytes);
    }
    this.hasBegun = true;
  }

  /** The rest: less than a part, possibly empty. */
  remainder(): Buffer {
    const rest = this.lone ?? this.part?.subarray(0, this.held) ?? EMPTY_BUFFER;
    this.lone = undefined;
    this.part = undefined;
    this.held = 0;
    return rest;
  }

  private *fill(bytes: Buffer): Generator<Buffer> {
    for (let from = 0; from < bytes.length;) {
      const part = (this.part ??= this.begin());
      const taken = bytes.copy(part, this.held, from);
      this.held += taken;
      from += taken;
      if (this.held < PART_BYTES) continue;
      this.part = undefined;
      this.held = 0;
      yield part;
    }
  }

  private begin(): Buffer {
    const part = this.buffers.take();
    this.lone?.copy(part);
    this.lone = undefined;
    return part;
  }
}
