import { qdrantFault } from './errors';
import type { AnsweredPoint } from './payload';
import { pointIdOf } from './point-id';
import type { Schemas } from './qdrant-schemas';
import type { ScoreRule } from './score-rule';

/** A hit that says which record it is. */
export interface ScoredPoint extends Pick<AnsweredPoint, 'payload' | 'vector'> {
  readonly id: string;
  readonly version: number;
  readonly score: number;
}

type Answered = AnsweredPoint & Partial<Pick<Schemas['ScoredPoint'], 'score'>>;

/**
 * The hits of an answer to `/points/query`, and how many points there were. It is on every search's way, so it checks
 * the few fields it needs and no more. A point that is no record (somebody wrote into our collection) is left out, and
 * so is a second point of one record, unless it is the one that stands where it should.
 */
export function readPoints(result: unknown, rule: ScoreRule): { hits: ScoredPoint[]; count: number } {
  const points = (result as { points?: readonly Answered[] } | null)?.points;
  if (!Array.isArray(points)) throw qdrantFault('bad_answer', 'Qdrant answered a search without points.');
  const hits = new Map<string, ScoredPoint>();
  for (const point of points as readonly Answered[]) {
    const hit = readPoint(point, rule);
    if (hit && (!hits.has(hit.id) || pointIdOf(hit.id) === point.id)) hits.set(hit.id, hit);
  }
  return { hits: [...hits.values()], count: points.length };
}

function readPoint(point: Answered, rule: ScoreRule): ScoredPoint | undefined {
  if (typeof point?.score !== 'number') throw qdrantFault('bad_answer', 'Qdrant answered a hit without a score.');
  const { payload, vector } = point;
  const id = payload?.['id'];
  const version = payload?.['version'];
  if (typeof id !== 'string' || typeof version !== 'number') return undefined;
  return { id, version, score: rule.clamp(point.score), payload, vector };
}
