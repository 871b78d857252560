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

/** The order of Postgres' collation "C". UTF-16 order differs: it puts U+E000 to U+FFFF after all that lies beyond. */
export function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i += 1) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** At the first difference, a surrogate belongs to a code point above every other unit. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
