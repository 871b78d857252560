import { createHash } from 'node:crypto';
import { CHUNK_BYTES, packLengths, sha256Of, type BlobLayout, type Encoding } from './layout';
import { compressFrame, prepareZstd } from './zstd';

/** The first chunk decides: what saves less than this share is stored as it is. */
const LEAST_SAVING = 0.1;
/** Too small to gain anything. */
const LEAST_BYTES = 512;

/** Turns a content, as it comes by, into what is stored of it; hashes it on the way. */
export class ContentEncoder {
  private readonly whole = createHash('sha256');
  private readonly chunkHashes: Buffer[] = [];
  private readonly lengths: number[] = [];
  private encoding: Encoding | undefined;
  private pieces: Buffer[] = [];
  private held = 0;
  size = 0;
  storedSize = 0;

  constructor(private readonly compressing: boolean) {
    if (!compressing) this.encoding = 'none';
  }

  async prepare(): Promise<void> {
    if (this.compressing) await prepareZstd();
  }

  /** Takes bytes of any length and gives the chunks that are complete now. */
  *push(bytes: Buffer): Generator<Buffer> {
    this.whole.update(bytes);
    this.size += bytes.length;
    for (let from = 0; from < bytes.length;) {
      const taken = bytes.subarray(from, from + CHUNK_BYTES - this.held);
      this.pieces.push(taken);
      this.held += taken.length;
      from += taken.length;
      if (this.held === CHUNK_BYTES) yield this.encode();
    }
  }

  /** The rest, if any. */
  *end(): Generator<Buffer> {
    if (this.held > 0) yield this.encode();
  }

  layout(): BlobLayout {
    return {
      sha256: this.whole.digest(),
      size: this.size,
      storedSize: this.storedSize,
      encoding: this.encoding ?? 'none',
      chunks: Buffer.concat(this.chunkHashes),
      frames: this.encoding === 'zstd' ? packLengths(this.lengths) : null,
    };
  }

  private encode(): Buffer {
    const content = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    this.pieces = [];
    this.held = 0;
    this.chunkHashes.push(sha256Of(content));
    const stored = this.stored(content);
    this.lengths.push(stored.length);
    this.storedSize += stored.length;
    return stored;
  }

  private stored(content: Buffer): Buffer {
    if (this.encoding === undefined && content.length < LEAST_BYTES) this.encoding = 'none';
    if (this.encoding === 'none') return content;
    const frame = compressFrame(content);
    this.encoding ??= frame.length <= content.length * (1 - LEAST_SAVING) ? 'zstd' : 'none';
    return this.encoding === 'zstd' ? frame : content;
  }
}
