import type { Metric } from '../metric';

/** The mean of `vectors`, which have one length and are at least one. */
export function meanOf(vectors: readonly ArrayLike<number>[]): number[] {
  const length = vectors[0]?.length ?? 0;
  return Array.from({ length }, (_, i) => vectors.reduce((sum, vector) => sum + Number(vector[i]), 0) / vectors.length);
}

/** The point to search around: towards the positive examples, away from the negative ones. */
export function targetOf(positive: readonly ArrayLike<number>[], negative: readonly ArrayLike<number>[]): number[] {
  const towards = meanOf(positive);
  if (negative.length === 0) return towards;
  const away = meanOf(negative);
  return towards.map((value, i) => 2 * value - Number(away[i]));
}

/** The vector with the length 1; zeros stay zeros. */
export const directionOf = (vector: readonly number[]): number[] => {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
};

/** How alike two vectors are in the metric's own sense; higher is more alike for every metric. */
export function similarity(metric: Metric, a: ArrayLike<number>, b: ArrayLike<number>): number {
  switch (metric) {
    case 'cosine':
      return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
    case 'dot':
      return dot(a, b);
    case 'euclid':
      return -Math.sqrt(sumOver(a, b, (x, y) => (x - y) ** 2));
    case 'manhattan':
      return -sumOver(a, b, (x, y) => Math.abs(x - y));
  }
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => sumOver(a, b, (x, y) => x * y);

function sumOver(a: ArrayLike<number>, b: ArrayLike<number>, term: (x: number, y: number) => number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += term(Number(a[i]), Number(b[i]));
  return sum;
}
