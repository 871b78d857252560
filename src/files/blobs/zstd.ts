import { compress, decompress, init } from '@bokuweb/zstd-wasm';
import { CHUNK_BYTES } from './layout';

/** The library's own default: fast, and close to the best ratio for text. */
const LEVEL = 3;
const MAGIC = 0xfd2fb528;
const SINGLE_SEGMENT = 0x20;
/** The maximum size of a block. */
const RAW_BLOCK_BYTES = 128 * 1024;

let ready: Promise<void> | undefined;

/** Loads the library, once. */
export const prepareZstd = (): Promise<void> => (ready ??= init());

export const compressFrame = (content: Buffer): Buffer => Buffer.from(compress(content, LEVEL));

/** RFC 8878, 3.1.1: a frame of raw blocks, for content that does not compress. */
export const rawFrame = (content: Buffer): Buffer => {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt8(SINGLE_SEGMENT | (2 << 6), 4);
  header.writeUInt32LE(content.length, 5);
  const pieces: Buffer[] = [header];
  for (let from = 0; from < content.length; from += RAW_BLOCK_BYTES) {
    const block = content.subarray(from, from + RAW_BLOCK_BYTES);
    const isLast = from + block.length === content.length;
    const about = Buffer.alloc(3);
    about.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    pieces.push(about, block);
  }
  return Buffer.concat(pieces);
};

/** The content of one frame; `undefined` for anything that is not one of our frames. The declared size is bounded. */
export const decompressFrame = (frame: Buffer): Buffer | undefined => {
  const size = contentSize(frame);
  if (size === undefined || size > CHUNK_BYTES) return undefined;
  try {
    return Buffer.from(decompress(frame));
  } catch {
    return undefined;
  }
};

/** RFC 8878, 3.1.1.1: the size declared by the header of a single-segment frame. */
const contentSize = (frame: Buffer): number | undefined => {
  if (frame.length < 9 || frame.readUInt32LE(0) !== MAGIC) return undefined;
  const descriptor = frame.readUInt8(4);
  const isSingleSegment = (descriptor & SINGLE_SEGMENT) !== 0;
  if ((descriptor & 0x03) !== 0) return undefined;
  const at = isSingleSegment ? 5 : 6;
  const form = descriptor >> 6;
  if (form === 0) return isSingleSegment ? frame.readUInt8(at) : undefined;
  if (form === 1) return frame.readUInt16LE(at) + 256;
  return form === 2 && frame.length >= at + 4 ? frame.readUInt32LE(at) : undefined;
};
