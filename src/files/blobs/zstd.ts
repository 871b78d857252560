import { compress, decompress, init } from '@bokuweb/zstd-wasm';
import { CHUNK_BYTES } from './layout';

/** The library's own default: fast, and close to the best ratio for text. */
const LEVEL = 3;
const MAGIC = 0xfd2fb528;

let ready: Promise<void> | undefined;

/** Loads the library, once. */
export const prepareZstd = (): Promise<void> => (ready ??= init());

export const compressFrame = (content: Buffer): Buffer => Buffer.from(compress(content, LEVEL));

/** The content of one frame; `undefined` for anything that is no frame of ours. What it claims to hold is bounded. */
export const decompressFrame = (frame: Buffer): Buffer | undefined => {
  const size = contentSize(frame);
  if (size === undefined || size > CHUNK_BYTES) return undefined;
  try {
    return Buffer.from(decompress(frame));
  } catch {
    return undefined;
  }
};

/** RFC 8878, 3.1.1.1: the size that a frame's header claims, in the forms that a frame of one piece has. */
const contentSize = (frame: Buffer): number | undefined => {
  if (frame.length < 9 || frame.readUInt32LE(0) !== MAGIC) return undefined;
  const descriptor = frame.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x03) !== 0) return undefined;
  const at = isSingleSegment ? 5 : 6;
  const form = descriptor >> 6;
  if (form === 0) return isSingleSegment ? frame.readUInt8(at) : undefined;
  if (form === 1) return frame.readUInt16LE(at) + 256;
  return form === 2 && frame.length >= at + 4 ? frame.readUInt32LE(at) : undefined;
};
