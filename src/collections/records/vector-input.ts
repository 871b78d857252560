import { endianness } from 'node:os';
import type { Fault } from '../../common/errors';
import { invalid } from '../../common/errors';
import type { Collection } from '../collection';

type Shape = Pick<Collection, 'dimension' | 'metric'>;

/** Largest finite float32: beyond it a number would be stored as infinity. */
const MAX_FLOAT32 = 3.4028234663852886e38;
const isLittleEndian = endianness() === 'LE';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A vector as sent: numbers, or base64 of little-endian float32. `undefined` when the base64 is none. */
export function decodeVector(
  vector: string | readonly number[] | Float32Array,
): readonly number[] | Float32Array | undefined {
  if (typeof vector !== 'string') return vector;
  const bytes = Buffer.from(vector, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0 || !isBase64Of(vector, bytes)) return undefined;
  if (!isLittleEndian) bytes.swap32();
  // A copy: Node's buffers are slices of a larger one, and may not be aligned for floats.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** Decoding skips what is not base64. What encodes to the same text again is; only the rest needs a closer look. */
const isBase64Of = (text: string, bytes: Buffer): boolean => bytes.toString('base64') === text || BASE64.test(text);

/** Little-endian float32 in base64, as in OpenAI's `encoding_format`. */
export function encodeVector(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes.toString('base64');
}

/** What keeps a vector from being one of the collection's. */
export function vectorFaults(
  collection: Shape,
  vector: string | readonly number[] | Float32Array,
  path: string,
): Fault[] {
  return valueFaults(collection, decodeVector(vector), path);
}

/** The vector's numbers. Throws `invalid` at `path`. */
export function mustBeVector(
  collection: Shape,
  vector: string | readonly number[] | Float32Array,
  path: string,
): ArrayLike<number> {
  const values = decodeVector(vector);
  const faults = valueFaults(collection, values, path);
  if (faults.length > 0 || !values) throw invalid('The vector does not match the collection.', faults);
  return values;
}

function valueFaults(collection: Shape, values: ArrayLike<number> | undefined, path: string): Fault[] {
  if (!values) return [{ path, message: 'is not base64 of little-endian float32 values' }];
  if (collection.dimension === 0)
    return [{ path, message: 'has no place: the collection has vectors with names alone' }];
  if (values.length !== collection.dimension) {
    return [{ path, message: `has ${values.length} dimensions; the collection has ${collection.dimension}` }];
  }
  let isZero = true;
  for (let index = 0; index < values.length; index++) {
    const value = Number(values[index]);
    if (!(Math.abs(value) <= MAX_FLOAT32))
      return [{ path: `${path}/${index}`, message: 'is not a finite 32-bit number' }];
    // What rounds to zero in 32 bits is stored as zero.
    isZero &&= Math.fround(value) === 0;
  }
  return isZero && collection.metric === 'cosine' ? [{ path, message: 'is all zeros, which has no cosine' }] : [];
}
