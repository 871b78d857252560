import { compareCodePoints } from '../common/code-points';

/** The usual constant of reciprocal rank fusion: how flat the top of each list is. */
export const RRF_K = 60;

/** The defaults of hybrid search; `bench/retrieval` shows what they reach. */
export const FUSION = {
  /** How many of the best of each list are fused. */
  candidates: 100,
  vectorWeight: 1,
  keywordWeight: 1,
} as const;

export interface RankedList<Name extends string = string> {
  readonly name: Name;
  readonly weight: number;
  /** Distinct ids, best first. */
  readonly ids: readonly string[];
}

/** Where one list put a hit, from 1, and what that added to its fused score. */
export interface FusedPart {
  readonly rank: number;
  readonly score: number;
}

export interface FusedHit<Name extends string = string> {
  readonly id: string;
  readonly score: number;
  /** Only the lists that have the hit. */
  readonly scores: { readonly [name in Name]?: FusedPart };
}

interface Mutable<Name extends string> {
  readonly id: string;
  score: number;
  readonly scores: { [name in Name]?: FusedPart };
}

/** Reciprocal rank fusion: each list adds `weight / (k + rank)`. Best first, ties by id in code point order. */
export function fuseByRank<Name extends string>(lists: readonly RankedList<Name>[], k = RRF_K): FusedHit<Name>[] {
  const hits = new Map<string, Mutable<Name>>();
  for (const { name, weight, ids } of lists) {
    for (const [index, id] of ids.entries()) {
      const hit: Mutable<Name> = hits.get(id) ?? { id, score: 0, scores: {} };
      const part: FusedPart = { rank: index + 1, score: weight / (k + index + 1) };
      hit.score += part.score;
      hit.scores[name] = part;
      hits.set(id, hit);
    }
  }
  return [...hits.values()].sort((a, b) => b.score - a.score || compareCodePoints(a.id, b.id));
}
