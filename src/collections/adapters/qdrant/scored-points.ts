import { qdrantFault } from './errors';
import type { AnsweredPoint } from './payload';
import type { ScoreRule } from './score-rule';

/** A hit that says which record it is. */
export interface ScoredPoint extends AnsweredPoint {
  readonly id: string;
  readonly version: number;
  readonly score: number;
}

interface Answer {
  readonly points?: readonly (AnsweredPoint & { readonly score?: unknown })[];
}

/** The hits of an answer to `/points/query`. A check of each hit's few fields, and no more: it is on every search's way. */
export function readPoints(result: unknown, rule: ScoreRule): ScoredPoint[] {
  const points = (result as Answer | null)?.points;
  if (!Array.isArray(points)) throw qdrantFault('bad_answer', 'Qdrant answered a search without points.');
  return (points as NonNullable<Answer['points']>).map((point) => readPoint(point, rule));
}

function readPoint(point: AnsweredPoint & { readonly score?: unknown }, rule: ScoreRule): ScoredPoint {
  const payload = point?.payload;
  const id = payload?.['id'];
  const version = payload?.['version'];
  if (typeof id !== 'string' || typeof version !== 'number' || typeof point.score !== 'number') {
    throw qdrantFault('wrong_data', 'Qdrant answered a search with a point that is no record of ours.');
  }
  return { id, version, score: rule.clamp(point.score), payload, vector: point.vector };
}
