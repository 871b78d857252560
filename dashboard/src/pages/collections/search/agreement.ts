import type { Answer } from './types';

/** How many results two answers share, how many of them at the same rank, and how many the longer one has. */
export function agreement(
  left: Pick<Answer, 'results'>,
  right: Pick<Answer, 'results'>,
): { readonly shared: number; readonly inPlace: number; readonly most: number } {
  const ids = new Set(right.results.map(({ id }) => id));
  return {
    shared: left.results.filter(({ id }) => ids.has(id)).length,
    inPlace: left.results.filter(({ id }, index) => right.results[index]?.id === id).length,
    most: Math.max(left.results.length, right.results.length),
  };
}
