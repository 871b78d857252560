import { RRF_K, type FusedPart } from '../../keyword/fuse';
import type { ListName } from './scoring';

/** What one ranking found, the best first. */
export interface Ranked {
  readonly id: string;
  readonly score: number;
}

/** A message and one that stands `step` places before or after it in its session. */
export interface Adjacent {
  readonly id: string;
  readonly neighbour: string;
  readonly step: number;
}

export interface Found {
  readonly score: number;
  readonly parts: Partial<Record<ListName, FusedPart>>;
}

export interface Rankings {
  readonly vector: readonly Ranked[];
  /** The vector ranking was cut off: what it does not name may be as near as its last. */
  readonly isCut: boolean;
  readonly keyword: readonly Ranked[];
  readonly graph: readonly string[];
  readonly claim: readonly string[];
  readonly adjacent: readonly Adjacent[];
  /** Those without a vector so far. */
  readonly pending: ReadonlySet<string>;
}

/** The share of what stands two places away, compared with what stands beside. */
const STEP_DECAY = 0.5;
/** What is left of a similarity that says nothing. */
const FLOOR_SHARE = 0.001;

type Scores = Map<string, number>;

/**
 * The relevance of each memory: how well it and its neighbours match the words, and how near it is by meaning, both as shares
 * of the best. Ranks alone would say that the hundredth is nearly as good as the first. A memory without a vector is taken
 * to be as near as its words match, so that what is embedded already does not overtake it.
 */
export function relevanceOf(
  { vector, isCut, keyword, graph, claim, adjacent, pending }: Rankings,
  weights: { readonly [name in ListName]: number },
): Map<string, Found> {
  const near = nearness(vector, isCut);
  const isByMeaningOnly = keyword.length === 0;
  const own = isByMeaningOnly ? near : scoresOf(keyword);
  const lent = neighbourScores(own, adjacent);
  const best = Math.max(...sum(own, lent, weights.neighbours).values(), Number.MIN_VALUE);
  const match = shares(own, best);
  const found = new Collected();
  if (!isByMeaningOnly) found.add('keyword', match, weights.keyword);
  found.add(
    'neighbours',
    shares(lent, best),
    weights.neighbours * (isByMeaningOnly ? weights.vector : weights.keyword),
  );
  found.add('vector', vector.length > 0 ? withPending(near, own, pending) : near, weights.vector);
  found.add('graph', byRank(graph), weights.graph);
  found.add('claim', byRank(claim), weights.claim);
  return found.memories;
}

/** Those that lend their neighbours what they match. */
export const lendersOf = (keyword: readonly Ranked[], vector: readonly Ranked[]): readonly Ranked[] =>
  keyword.length === 0 ? vector : keyword;

/**
 * Similarities as shares of the best. Half of the best is nothing, and so is the last of a ranking that was cut off: each
 * model has its own idea of what unrelated texts have in common.
 */
function nearness(vector: readonly Ranked[], isCut: boolean): Scores {
  const best = vector[0]?.score ?? 0;
  const floor = Math.max(best / 2, isCut ? (vector.at(-1)?.score ?? 0) : 0);
  const range = best - floor;
  const shareOf = (score: number): number => (range > 0 ? (score - floor) / range : 0);
  // Those below keep their order.
  const least = (score: number): number => (best > 0 ? (FLOOR_SHARE * Math.max(0, score)) / best : 0);
  return new Map(vector.map(({ id, score }) => [id, Math.max(shareOf(score), least(score))]));
}

function withPending(near: Scores, own: Scores, pending: ReadonlySet<string>): Scores {
  const best = Math.max(...own.values(), Number.MIN_VALUE);
  const guessed = [...own].filter(([id]) => pending.has(id) && !near.has(id));
  return new Map([...near, ...guessed.map(([id, score]): [string, number] => [id, score / best])]);
}

/** In a conversation the answer stands beside the question: each lends its neighbours what it matches. */
function neighbourScores(own: Scores, adjacent: readonly Adjacent[]): Scores {
  const lent: Scores = new Map();
  for (const { id, neighbour, step } of adjacent) {
    const score = (own.get(id) ?? 0) * STEP_DECAY ** (step - 1);
    if (score > 0) lent.set(neighbour, (lent.get(neighbour) ?? 0) + score);
  }
  return lent;
}

const scoresOf = (ranked: readonly Ranked[]): Scores => new Map(ranked.map(({ id, score }) => [id, score]));

const byRank = (ids: readonly string[]): Scores =>
  new Map(ids.map((id, index) => [id, (RRF_K + 1) / (RRF_K + 1 + index)]));

const shares = (scores: Scores, best: number): Scores => new Map([...scores].map(([id, score]) => [id, score / best]));

const sum = (a: Scores, b: Scores, weight: number): Scores => {
  const added = new Map(a);
  for (const [id, score] of b) added.set(id, (added.get(id) ?? 0) + weight * score);
  return added;
};

class Collected {
  readonly memories = new Map<string, Found>();

  add(name: ListName, scores: Scores, weight: number): void {
    if (weight === 0) return;
    const ranked = [...scores].filter(([, score]) => score > 0).sort((a, b) => b[1] - a[1]);
    for (const [index, [id, share]] of ranked.entries()) {
      const { score, parts } = this.memories.get(id) ?? { score: 0, parts: {} };
      const part = { rank: index + 1, score: weight * share };
      this.memories.set(id, { score: score + part.score, parts: { ...parts, [name]: part } });
    }
  }
}
