import { maximalMarginalRelevance } from '../../collections/advanced/mmr';
import { similarity } from '../../collections/advanced/vector-math';
import type { Collection } from '../../collections/collection';
import type { Metric } from '../../collections/metric';
import { spaceOf } from '../../collections/named-vectors';
import { unsupported } from './errors';
import type { RankedHit } from './shown';
import { UNNAMED } from './vectors';

/** Throws for vectors that are not compared with each other. */
export const mustBeComparable = (collection: Collection, using: string): { readonly metric: Metric } => {
  const space =
    using === UNNAMED ? ({ kind: 'dense', metric: collection.metric } as const) : spaceOf(collection, using);
  if (space?.kind !== 'dense') throw unsupported('"mmr" over sparse vectors and multivectors is');
  return space;
};

interface Candidate {
  readonly hit: RankedHit;
  readonly vector: readonly number[];
}

/** Near to the query and unlike each other, by the same numbers as Qdrant: of euclidean distances the squares count. */
export const diversified = async (
  metric: Metric,
  candidates: readonly Candidate[],
  limit: number,
  lambda: number,
): Promise<RankedHit[]> => {
  const asSimilarity = (value: number): number => (metric === 'euclid' ? -(value ** 2) : value);
  const relevances = candidates.map(({ hit: { score } }) => ({
    relevance: asSimilarity(metric === 'manhattan' ? -score : score),
  }));
  const picked = await maximalMarginalRelevance(relevances, limit, lambda, (a, b) =>
    asSimilarity(similarity(metric, candidates[a]?.vector ?? [], candidates[b]?.vector ?? [])),
  );
  return picked.flatMap((position) => candidates[position]?.hit ?? []);
};
