import { compareCodePoints } from '../../common/code-points';
import { RRF_K, type FusedPart } from '../../keyword/fuse';
import type { Timeline, TimelineMember } from './timeline';

/** How much each ranking, and each other trait, counts. `bench/memory` shows what they reach. */
export const WEIGHTS = {
  vector: 0.6,
  keyword: 1,
  /** The share of a message's match that its neighbours in the session get; those two places away get half of it. */
  neighbours: 0.5,
  graph: 0.5,
  /** What states just the attribute that the question asks for. */
  claim: 2,
  /** Maximum bonus for recency or importance, as a share of the relevance. */
  recency: 0.05,
  importance: 0.2,
} as const;

export type Weights = { readonly [name in keyof typeof WEIGHTS]: number };

/** A memory of so many days counts half as recent. */
export const HALF_LIFE_DAYS = 90;

const DAY_MS = 86_400_000;

export interface Candidate {
  readonly id: string;
  readonly validFrom: Date;
  readonly importance: number;
  /** 1, or how its speaker and its kind of sentence raise or lower what its words are worth. */
  readonly fit?: number;
}

export interface Explanation {
  readonly vector?: FusedPart;
  readonly keyword?: FusedPart;
  readonly neighbours?: FusedPart;
  readonly graph?: FusedPart;
  readonly claim?: FusedPart;
  readonly fit: number;
  readonly relevance: number;
  readonly recency: { readonly age_days: number; readonly decay: number; readonly factor: number };
  readonly importance: { readonly value: number; readonly factor: number };
  /** Its place among the statements about the same thing: 1 holds at the requested moment. */
  readonly timeline?: {
    readonly place: number;
    readonly of: number;
    readonly status: TimelineMember['status'];
    readonly score_before: number;
  };
  readonly formula: string;
}

export interface Scored {
  readonly id: string;
  readonly score: number;
  readonly explain: Explanation;
}

export type ListName = 'vector' | 'keyword' | 'neighbours' | 'graph' | 'claim';

const FORMULA = `relevance = fit * (weight * share of the best match, by words and by meaning, + what neighbours lend + weight * ${RRF_K + 1} / (${RRF_K} + rank) by graph and claim); score = relevance * recency.factor * importance.factor; decay = 0.5 ^ (age_days / half_life_days); the statement of a timeline that holds moves ahead, and every hit takes the score of its place`;

/** Relevance, made a little more for what is recent and important. Best first, ties by id. */
export function score(
  candidates: readonly Candidate[],
  relevance: ReadonlyMap<string, { readonly score: number; readonly parts: Partial<Record<ListName, FusedPart>> }>,
  options: { readonly at: Date; readonly weights: Weights; readonly halfLifeDays: number },
): Scored[] {
  const scored = candidates.map(({ id, validFrom, importance, fit = 1 }): Scored => {
    const found = relevance.get(id) ?? { score: 0, parts: {} };
    const fitting = fit * found.score;
    const ageDays = Math.max(0, (options.at.getTime() - validFrom.getTime()) / DAY_MS);
    const decay = 0.5 ** (ageDays / options.halfLifeDays);
    const recency = 1 + options.weights.recency * decay;
    const weight = 1 + options.weights.importance * (importance - 0.5);
    return {
      id,
      score: fitting * recency * weight,
      explain: {
        ...found.parts,
        fit,
        relevance: fitting,
        recency: { age_days: ageDays, decay, factor: recency },
        importance: { value: importance, factor: weight },
        formula: FORMULA,
      },
    };
  });
  return scored.sort((a, b) => b.score - a.score || compareCodePoints(a.id, b.id));
}

/** The hits in the order of their timeline, each once, with the scores of the places that they have now. */
export function placed(scored: readonly Scored[], timeline: Timeline | undefined): Scored[] {
  if (timeline === undefined) return [...scored];
  const hits = new Map(scored.map((hit) => [hit.id, hit]));
  // A hit that was looked at may have gone meanwhile: the order does not name it.
  const order = [...new Set([...timeline.order, ...scored.map(({ id }) => id)])];
  return order.flatMap((id, index) => {
    const hit = hits.get(id);
    const score = scored[index]?.score;
    if (!hit || score === undefined) return [];
    const at = timeline.members.findIndex((member) => member.id === id);
    const member = timeline.members[at];
    if (!member) return [{ ...hit, score }];
    const part = { place: at + 1, of: timeline.members.length, status: member.status, score_before: hit.score };
    return [{ ...hit, score, explain: { ...hit.explain, timeline: part } }];
  });
}
