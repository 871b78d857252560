import type { CopiedRecord, Copy, FollowedRecord } from './follower-target.port';

/** Engines keep 32-bit floats, and may normalise them. */
const TOLERANCE = 1e-5;

/** Whether the copy equals the record. */
export const isSameContent = (copy: Copy, record: FollowedRecord, copied: CopiedRecord): boolean =>
  copied.version === record.version &&
  copied.digest === record.digest &&
  copied.projectId === copy.projectId &&
  copied.text === record.text &&
  isSameJson(copied.metadata, record.metadata) &&
  isSameVector(copy.metric, record.vector, copied.vector);

/** For a cosine copy only the direction counts. */
function isSameVector(metric: Copy['metric'], a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  const [scaleA, scaleB] = metric === 'cosine' ? [norm(a), norm(b)] : [1, 1];
  for (let index = 0; index < a.length; index++) {
    const x = (a[index] ?? Number.NaN) / scaleA;
    const y = (b[index] ?? Number.NaN) / scaleB;
    // Written so that NaN differs.
    if (!(Math.abs(x - y) <= TOLERANCE * Math.max(1, Math.abs(x)))) return false;
  }
  return true;
}

/** Of 32-bit floats, whose squares fit into 64 bits. */
function norm(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < vector.length; index++) sum += (vector[index] ?? 0) ** 2;
  return Math.sqrt(sum) || 1;
}

/** Deep equality of JSON values; the order of keys does not matter. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && isSameJson(left[key], right[key]));
}
