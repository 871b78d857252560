import { endianness } from 'node:os';

/**
 * Values in Postgres' binary form. A `Buffer` among a statement's parameters is sent as such, so the statement must
 * cast it at its first use (`$1::vector`). For long lists of numbers it costs a fraction of the text form, on both
 * ends.
 */

const INT4_OID = 23;
const ARRAY_HEADER_BYTES = 20;
const VECTOR_HEADER_BYTES = 4;

/** pgvector's `vector`: dimensions, two reserved bytes, big-endian 32-bit floats. */
export function vectorValue(values: ArrayLike<number>): Buffer {
  const floats = Float32Array.from(values);
  const value = Buffer.allocUnsafe(VECTOR_HEADER_BYTES + floats.byteLength);
  value.writeInt16BE(floats.length, 0);
  value.writeInt16BE(0, 2);
  writeWords(value, VECTOR_HEADER_BYTES, floats);
  return value;
}

/** `int4[]`, without nulls: dimensions, then each element behind its length. */
export function int4ArrayValue(values: ArrayLike<number>): Buffer {
  const words = new Int32Array(values.length * 2);
  for (let index = 0; index < values.length; index++) {
    words[index * 2] = Int32Array.BYTES_PER_ELEMENT;
    words[index * 2 + 1] = values[index] ?? 0;
  }
  const value = Buffer.allocUnsafe(ARRAY_HEADER_BYTES + words.byteLength);
  const header = [1, 0, INT4_OID, values.length, 1];
  header.forEach((word, index) => value.writeInt32BE(word, index * 4));
  writeWords(value, ARRAY_HEADER_BYTES, words);
  return value;
}

const isLittleEndian = endianness() === 'LE';

/** Copies 32-bit words in network byte order. */
function writeWords(target: Buffer, offset: number, words: Float32Array | Int32Array): void {
  target.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), offset);
  if (isLittleEndian) target.subarray(offset).swap32();
}

/** The numbers of a `vector` as `vector_send` returns it. */
export function vectorNumbers(value: Buffer): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array((value.length - VECTOR_HEADER_BYTES) / Float32Array.BYTES_PER_ELEMENT);
  readVector(value, numbers, 0);
  return numbers;
}

/** Copies the numbers of a `vector` as `vector_send` returns it into `target`, from `offset` on. */
export function readVector(value: Buffer, target: Float32Array, offset: number): void {
  const bytes = new Uint8Array(target.buffer, target.byteOffset + offset * Float32Array.BYTES_PER_ELEMENT);
  const written = Buffer.from(bytes.buffer, bytes.byteOffset, value.length - VECTOR_HEADER_BYTES);
  value.copy(written, 0, VECTOR_HEADER_BYTES);
  if (isLittleEndian) written.swap32();
}
