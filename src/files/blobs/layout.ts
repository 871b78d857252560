import { sha256Of } from '../../common/sha256';

/** Contents are hashed, compressed and checked in pieces of this size: a range reads only its own pieces. */
export const CHUNK_BYTES = 1024 * 1024;
const HASH_BYTES = 32;
const LENGTH_BYTES = 4;

export type Encoding = 'none' | 'zstd';

/** How a content is stored: all copies have the same bytes. */
export interface BlobLayout {
  readonly sha256: Buffer;
  /** Bytes of the content, and of what is stored. */
  readonly size: number;
  readonly storedSize: number;
  readonly encoding: Encoding;
  /** SHA-256 of each chunk of the content. */
  readonly chunks: Buffer;
  /** With zstd, the stored length of each chunk: 32 bits, little endian. */
  readonly frames: Buffer | null;
}

export const chunkCount = ({ size }: BlobLayout): number => Math.ceil(size / CHUNK_BYTES);

/** Bytes of a chunk of the content. */
export const chunkLength = ({ size }: BlobLayout, index: number): number =>
  Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES);

/** Bytes of a chunk as it is stored. */
export const storedLength = (layout: BlobLayout, index: number): number =>
  layout.frames ? layout.frames.readUInt32LE(index * LENGTH_BYTES) : chunkLength(layout, index);

/** Where a chunk begins in the stored object. */
export const storedOffset = (layout: BlobLayout, index: number): number => {
  if (!layout.frames) return index * CHUNK_BYTES;
  let offset = 0;
  for (let before = 0; before < index; before += 1) offset += storedLength(layout, before);
  return offset;
};

/** `content` in its received pieces. */
export const isChunk = ({ chunks }: BlobLayout, index: number, content: readonly Buffer[]): boolean =>
  sha256Of(...content).equals(chunks.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));

export const packLengths = (lengths: readonly number[]): Buffer => {
  const packed = Buffer.alloc(lengths.length * LENGTH_BYTES);
  lengths.forEach((length, index) => packed.writeUInt32LE(length, index * LENGTH_BYTES));
  return packed;
};
