import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { dataSetsFolder } from './data-sets';

export const DIMENSION = 384;
const NEIGHBOURS = 100;

/** 100,000 dictionary definitions with real sentence embeddings, 1,000 queries and their exact nearest neighbours. */
export interface Glosses {
  readonly texts: readonly string[];
  readonly vectors: readonly Float32Array[];
  readonly queries: readonly Float32Array[];
  /** Row numbers of the 100 nearest by cosine, per query, nearest first. */
  readonly neighbours: readonly Uint32Array[];
}

/** `undefined` where the data set is not there. */
export function loadGlosses(): Glosses | undefined {
  const folder = path.join(dataSetsFolder(), 'glosses');
  if (!existsSync(folder)) return undefined;
  const records = readFileSync(path.join(folder, 'records.ndjson'), 'utf8').trimEnd().split('\n');
  return {
    texts: records.map((line) => (JSON.parse(line) as { text: string }).text),
    vectors: readVectors(path.join(folder, 'vectors.f16')),
    queries: readVectors(path.join(folder, 'queries.f16')),
    neighbours: readNeighbours(path.join(folder, 'neighbours.u32')),
  };
}

function readVectors(file: string): Float32Array[] {
  const halves = aligned(file, Uint16Array);
  const table = Float32Array.from({ length: 65_536 }, (_, half) => fromHalf(half));
  const count = halves.length / DIMENSION;
  return Array.from({ length: count }, (_, row) =>
    Float32Array.from(halves.subarray(row * DIMENSION, (row + 1) * DIMENSION), (half) => table[half] ?? 0),
  );
}

function readNeighbours(file: string): Uint32Array[] {
  const rows = aligned(file, Uint32Array);
  return Array.from({ length: rows.length / NEIGHBOURS }, (_, query) =>
    rows.subarray(query * NEIGHBOURS, (query + 1) * NEIGHBOURS),
  );
}

/** A copy that starts where the numbers of the view may start. The files and this machine are little-endian. */
function aligned<T>(file: string, view: new (buffer: ArrayBuffer) => T): T {
  const bytes = readFileSync(file);
  return new view(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** IEEE 754 half precision: 1 sign bit, 5 of exponent, 10 of fraction. */
function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
