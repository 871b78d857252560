import type { Fault } from '../../common/errors';
import { invalid } from '../../common/errors';
import type { Collection } from '../collection';

/** Largest finite float32: beyond it a number would be stored as infinity. */
const MAX_FLOAT32 = 3.4028234663852886e38;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A vector as sent: numbers, or base64 of little-endian float32. `undefined` when the base64 is none. */
export function decodeVector(vector: string | readonly number[]): readonly number[] | Float32Array | undefined {
  if (typeof vector !== 'string') return vector;
  if (vector.length === 0 || !BASE64.test(vector)) return undefined;
  const bytes = Buffer.from(vector, 'base64');
  if (bytes.length % 4 !== 0) return undefined;
  const floats = new Float32Array(bytes.length / 4);
  for (let index = 0; index < floats.length; index++) floats[index] = bytes.readFloatLE(index * 4);
  return floats;
}

/** Little-endian float32 in base64, as in OpenAI's `encoding_format`. */
export function encodeVector(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes.toString('base64');
}

/** What keeps a vector from being one of the collection's. */
export function vectorFaults(
  collection: Pick<Collection, 'dimension' | 'metric'>,
  vector: string | readonly number[],
  path: string,
): Fault[] {
  const values = decodeVector(vector);
  if (!values) return [{ path, message: 'is not base64 of little-endian float32 values' }];
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

/** The vector's numbers. Throws `invalid` at `path`. */
export function mustBeVector(
  collection: Pick<Collection, 'dimension' | 'metric'>,
  vector: string | readonly number[],
  path: string,
): ArrayLike<number> {
  const faults = vectorFaults(collection, vector, path);
  const values = decodeVector(vector);
  if (faults.length > 0 || !values) throw invalid('The vector does not fit the collection.', faults);
  return values;
}
