import { PART_BYTES } from '../file-store.port';

/** Cuts what comes by into parts of exactly `PART_BYTES`. */
export class PartCutter {
  private pieces: Buffer[] = [];
  private held = 0;

  *push(bytes: Buffer): Generator<Buffer> {
    for (let from = 0; from < bytes.length;) {
      const taken = bytes.subarray(from, from + PART_BYTES - this.held);
      this.pieces.push(taken);
      this.held += taken.length;
      from += taken.length;
      if (this.held === PART_BYTES) yield this.rest();
    }
  }

  /** What is left: less than a part, maybe nothing. */
  rest(): Buffer {
    const part = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    this.pieces = [];
    this.held = 0;
    return part;
  }
}
