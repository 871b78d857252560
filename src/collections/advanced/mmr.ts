import { createPause } from '../../common/in-slices';

/** A candidate's place in `candidates`, best first, and how relevant it is to the query. */
export interface MmrCandidate {
  readonly relevance: number;
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein 1998): picks, one after another, the candidate with the greatest
 * `lambda * relevance - (1 - lambda) * (greatest similarity to what is picked)`. Returns positions, in order of picking.
 * `similarityOf` compares two positions on the same scale as the relevance. Other work runs between two picks.
 */
export async function maximalMarginalRelevance(
  candidates: readonly MmrCandidate[],
  limit: number,
  lambda: number,
  similarityOf: (a: number, b: number) => number,
): Promise<number[]> {
  const pause = createPause();
  const picked: number[] = [];
  const left = new Set(candidates.keys());
  const closest = candidates.map(() => Number.NEGATIVE_INFINITY);
  while (picked.length < limit && left.size > 0) {
    await pause();
    const best = bestOf(left, (i) => marginal(Number(candidates[i]?.relevance), closest[i] ?? 0, lambda));
    picked.push(best);
    left.delete(best);
    for (const i of left) closest[i] = Math.max(closest[i] ?? 0, similarityOf(i, best));
  }
  return picked;
}

/** Before anything is picked only relevance counts. */
const marginal = (relevance: number, closest: number, lambda: number): number =>
  lambda * relevance - (closest === Number.NEGATIVE_INFINITY ? 0 : (1 - lambda) * closest);

/** Ties go to the better ranked one. */
function bestOf(positions: Iterable<number>, valueOf: (position: number) => number): number {
  let best = -1;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (const position of positions) {
    const value = valueOf(position);
    if (best === -1 || value > bestValue) [best, bestValue] = [position, value];
  }
  return best;
}
