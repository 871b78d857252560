import { createHash } from 'node:crypto';
import { sha256Of } from '../../common/sha256';
import { CHUNK_BYTES, packLengths, type BlobLayout, type Encoding } from './layout';
import { compressFrame, prepareZstd, rawFrame } from './zstd';

/** The first chunk decides: content that saves less than this share is stored uncompressed. */
const LEAST_SAVING = 0.1;
/** Too small to gain anything. */
const LEAST_BYTES = 512;
/** This much of a chunk is tried first: without a gain here, compressing the whole is not worth the time. */
const PROBE_BYTES = 64 * 1024;

/** Encodes and hashes a content as it streams through. */
export class ContentEncoder {
  private readonly whole = createHash('sha256');
  private readonly chunkHashes: Buffer[] = [];
  /** The first chunk, until there is a second: the hash of a single chunk is that of the whole. */
  private first: Buffer | undefined;
  private readonly lengths: number[] = [];
  private encoding: Encoding | undefined;
  /** Of the first chunk. */
  private pieces: Buffer[] = [];
  /** All later chunks, one after another. */
  private chunk: Buffer | undefined;
  private held = 0;
  size = 0;
  storedSize = 0;

  constructor(private readonly compressing: boolean) {
    if (!compressing) this.encoding = 'none';
  }

  async prepare(): Promise<void> {
    if (this.compressing) await prepareZstd();
  }

  /**
   * Takes bytes of any length and returns the chunks that are complete now. All but the first are valid only until the
   * next call: they share memory.
   */
  *push(bytes: Buffer): Generator<Buffer> {
    this.size += bytes.length;
    for (let from = 0; from < bytes.length;) {
      const taken = bytes.subarray(from, from + CHUNK_BYTES - this.held);
      this.buffer(taken);
      from += taken.length;
      if (this.held === CHUNK_BYTES) yield this.encode();
    }
  }

  /** The rest, if any. */
  *end(): Generator<Buffer> {
    if (this.held > 0) yield this.encode();
  }

  /** Call once, after `end`. */
  layout(): BlobLayout {
    const [only] = this.chunkHashes;
    return {
      sha256: only && this.chunkHashes.length === 1 ? only : this.whole.digest(),
      size: this.size,
      storedSize: this.storedSize,
      encoding: this.encoding ?? 'none',
      chunks: Buffer.concat(this.chunkHashes),
      frames: this.encoding === 'zstd' ? packLengths(this.lengths) : null,
    };
  }

  private buffer(bytes: Buffer): void {
    if (this.chunkHashes.length === 0) {
      this.pieces.push(bytes);
    } else {
      this.chunk ??= Buffer.allocUnsafeSlow(CHUNK_BYTES);
      bytes.copy(this.chunk, this.held);
    }
    this.held += bytes.length;
  }

  private takeChunk(): Buffer {
    if (this.chunkHashes.length > 0) return (this.chunk as Buffer).subarray(0, this.held);
    const first = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    this.pieces = [];
    return first;
  }

  private encode(): Buffer {
    const content = this.takeChunk();
    this.held = 0;
    this.hash(content);
    const stored = this.stored(content);
    this.lengths.push(stored.length);
    this.storedSize += stored.length;
    return stored;
  }

  private hash(content: Buffer): void {
    if (this.first) this.whole.update(this.first);
    this.first = undefined;
    if (this.chunkHashes.length === 0) this.first = content;
    else this.whole.update(content);
    this.chunkHashes.push(sha256Of(content));
  }

  private stored(content: Buffer): Buffer {
    if (this.encoding === undefined && content.length < LEAST_BYTES) this.encoding = 'none';
    if (this.encoding === 'none') return content;
    const probe = content.subarray(0, PROBE_BYTES);
    if (probe.length < content.length && !gains(probe, compressFrame(probe))) {
      this.encoding ??= 'none';
      return this.encoding === 'none' ? content : rawFrame(content);
    }
    const frame = compressFrame(content);
    this.encoding ??= gains(content, frame) ? 'zstd' : 'none';
    return this.encoding === 'zstd' ? frame : content;
  }
}

const gains = (content: Buffer, frame: Buffer): boolean => frame.length <= content.length * (1 - LEAST_SAVING);
