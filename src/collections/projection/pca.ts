import { seededRandom } from '../../common/seeded-random';

/** Where rows lie in the plane that shows most of how they differ. */
export interface Plane {
  /** x and y of each row in turn, the farthest at 1 from the middle. */
  readonly coordinates: Float32Array;
  /** The share of all variance that each axis shows, 0 to 1. */
  readonly explained: readonly [number, number];
}

// Every index below stays within its array by the bounds of its loop; a check of each would be most of the work.

/** Enough for a picture: what two nearly equal axes still turn after it, nobody sees. */
const MAX_ROUNDS = 60;
const SETTLED = 1e-5;

/**
 * The two principal components of `rows` (numbers of one row after the other), found by power iteration: no covariance
 * matrix is made. The same rows give the same plane. `rows` is overwritten.
 */
export function principalPlane(rows: Float32Array, dimension: number): Plane {
  const count = dimension === 0 ? 0 : rows.length / dimension;
  centre(rows, count, dimension);
  const total = rows.reduce((sum, value) => sum + value * value, 0);
  const axes: Float64Array[] = [];
  for (let axis = 0; axis < Math.min(2, dimension); axis += 1) axes.push(nextAxis(rows, count, dimension, axes));
  const shadows = [0, 1].map((axis) => shadowOf(rows, count, dimension, axes[axis]));
  const shares = shadows.map((shadow) => (total > 0 ? squared(shadow) / total : 0));
  return { coordinates: scaled(shadows, count), explained: [shares[0] ?? 0, shares[1] ?? 0] };
}

/** Makes every row one long, so that only directions count, as for the cosine. */
export function toUnitLength(rows: Float32Array, dimension: number): void {
  for (let start = 0; start < rows.length; start += dimension) {
    const row = rows.subarray(start, start + dimension);
    const length = Math.sqrt(squared(row));
    if (length > 0) for (let i = 0; i < dimension; i += 1) row[i] = (row[i] ?? 0) / length;
  }
}

function centre(rows: Float32Array, count: number, dimension: number): void {
  const mean = new Float64Array(dimension);
  for (let at = 0; at < rows.length; at += 1) mean[at % dimension]! += (rows[at] ?? 0) / count;
  for (let at = 0; at < rows.length; at += 1) rows[at]! -= mean[at % dimension] ?? 0;
}

/** The direction of most variance that is perpendicular to `found`. */
function nextAxis(rows: Float32Array, count: number, dimension: number, found: readonly Float64Array[]): Float64Array {
  let axis = normalised(perpendicular(pseudoRandom(dimension, found.length + 1), found));
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = normalised(perpendicular(timesCovariance(rows, count, dimension, axis), found));
    const turned = 1 - Math.abs(dot(axis, next));
    axis = next;
    if (turned < SETTLED) break;
  }
  return facingForward(axis);
}

/** XᵀXv: `axis` pulled towards where the rows spread. */
function timesCovariance(rows: Float32Array, count: number, dimension: number, axis: Float64Array): Float64Array {
  const sum = new Float64Array(dimension);
  for (let row = 0; row < count; row += 1) {
    const start = row * dimension;
    let weight = 0;
    for (let i = 0; i < dimension; i += 1) weight += rows[start + i]! * axis[i]!;
    for (let i = 0; i < dimension; i += 1) sum[i]! += weight * rows[start + i]!;
  }
  return sum;
}

function shadowOf(rows: Float32Array, count: number, dimension: number, axis?: Float64Array): Float64Array {
  const shadow = new Float64Array(count);
  if (!axis) return shadow;
  for (let row = 0; row < count; row += 1) {
    for (let i = 0; i < dimension; i += 1) shadow[row]! += rows[row * dimension + i]! * axis[i]!;
  }
  return shadow;
}

function scaled([xs, ys]: readonly Float64Array[], count: number): Float32Array {
  let farthest = 0;
  for (let row = 0; row < count; row += 1) farthest = Math.max(farthest, Math.abs(xs![row]!), Math.abs(ys![row]!));
  const coordinates = new Float32Array(count * 2);
  for (let row = 0; row < count && farthest > 0; row += 1) {
    coordinates[row * 2] = xs![row]! / farthest;
    coordinates[row * 2 + 1] = ys![row]! / farthest;
  }
  return coordinates;
}

function perpendicular(vector: Float64Array, axes: readonly Float64Array[]): Float64Array {
  for (const axis of axes) {
    const along = dot(vector, axis);
    for (let i = 0; i < vector.length; i += 1) vector[i]! -= along * axis[i]!;
  }
  return vector;
}

/** A vector of nothing stays one: there is no variance left. */
function normalised(vector: Float64Array): Float64Array {
  const length = Math.sqrt(squared(vector));
  return length > 0 ? vector.map((value) => value / length) : vector;
}

/** Of the two directions of an axis always the same one: a picture must not flip when it is recreated. */
function facingForward(axis: Float64Array): Float64Array {
  const largest = axis.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? axis.map((value) => -value) : axis;
}

function pseudoRandom(length: number, seed: number): Float64Array {
  const next = seededRandom(seed);
  return Float64Array.from({ length }, () => 2 * next() - 1);
}

const squared = (vector: Float32Array | Float64Array): number => {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return sum;
};

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}
