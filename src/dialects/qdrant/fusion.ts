import type { VectorHit } from '../../collections/vector-store.port';
import { isObject } from '../../common/filter/values';
import { compareCodePoints } from '../../common/code-points';
import { formatError, validationError } from './errors';

/** How rankings become one: by the places in them, or by their scores. */
export type Fusion =
  | { readonly method: 'rrf'; readonly k: number; readonly weights: readonly number[] | undefined }
  | { readonly method: 'dbsf' };

/** As Qdrant's. */
const DEFAULT_K = 2;

/** Reads `{fusion: …}` or `{rrf: …}`. Throws Qdrant's errors. */
export const fusionOf = (input: Record<string, unknown>): Fusion => {
  if (input['fusion'] === 'rrf') return { method: 'rrf', k: DEFAULT_K, weights: undefined };
  if (input['fusion'] === 'dbsf') return { method: 'dbsf' };
  const { rrf } = input;
  if (!isObject(rrf)) throw noQuery();
  const k = rrf['k'] ?? DEFAULT_K;
  if (typeof k !== 'number' || !Number.isInteger(k)) throw noQuery();
  if (k < 1) throw validationError('k', `value ${k} invalid, must be 1 or larger`);
  return { method: 'rrf', k, weights: weightsOf(rrf['weights']) };
};

const weightsOf = (input: unknown): number[] | undefined => {
  if (input === undefined || input === null) return undefined;
  if (!Array.isArray(input) || !input.every((weight) => typeof weight === 'number' && weight >= 0)) throw noQuery();
  return input as number[];
};

const noQuery = () => formatError('Expected some form of vector, id, or a type of query');

type Scored = Pick<VectorHit, 'id' | 'score' | 'version'>;

/** One ranking of several, best first, ties by id. A record counts once in each. */
export const fused = (fusion: Fusion, rankings: readonly (readonly Scored[])[]): Scored[] => {
  const found = new Map<string, Scored>();
  for (const [source, ranking] of rankings.entries()) {
    const scores = fusion.method === 'rrf' ? byPlace(ranking, fusion, source) : byDistribution(ranking);
    for (const [place, hit] of ranking.entries()) {
      const before = found.get(hit.id)?.score ?? 0;
      found.set(hit.id, { id: hit.id, version: hit.version, score: before + (scores[place] ?? 0) });
    }
  }
  return [...found.values()].sort((a, b) => b.score - a.score || compareCodePoints(a.id, b.id));
};

/** Reciprocal rank fusion. A weight makes places count as so many times nearer to the first. */
const byPlace = (
  ranking: readonly Scored[],
  { k, weights }: Extract<Fusion, { method: 'rrf' }>,
  source: number,
): number[] => {
  const weight = weights?.[source] ?? 1;
  return ranking.map((_, place) => (weight === 0 ? 0 : 1 / ((place + 1) / weight + k - 1)));
};

const MIDDLE = 0.5;
/** Within so many deviations of the mean a score lies between 0 and 1. */
const DEVIATIONS = 3;

/** Distribution-based score fusion: where a score stands in the distribution of its ranking. */
const byDistribution = (ranking: readonly Scored[]): number[] => {
  const scores = ranking.map(({ score }) => score);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (scores.length - 1);
  const spread = 2 * DEVIATIONS * Math.sqrt(variance);
  if (!(spread > 0)) return scores.map(() => MIDDLE);
  return scores.map((score) => (score - mean) / spread + MIDDLE);
};
