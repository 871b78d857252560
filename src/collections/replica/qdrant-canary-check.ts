import { CanaryCheck } from '../../followers/canary-check';
import type { Copy, FollowedRecord } from '../../followers/follower-target.port';
import { QdrantVectorStore, type NearestHit } from '../adapters/qdrant/qdrant.store';
import type { QdrantClient } from '../adapters/qdrant/qdrant-client';
import type { Collection } from '../collection';
import { METRIC_RULES } from '../metric';

/** Records with the same vector come before it by their ids. */
const NEAREST = 10;
/** An index is allowed to miss one in so many. */
const TOLERATED_SHARE = 0.1;
const INCLUDE_NONE = { metadata: false, text: false, vector: false };

/** Searches a copy that does not serve yet, by vectors that are in it. */
export class QdrantCanaryCheck extends CanaryCheck {
  constructor(
    private readonly client: QdrantClient,
    private readonly prefix: string,
  ) {
    super();
  }

  async findMissing(copy: Copy, records: readonly FollowedRecord[], signal: AbortSignal): Promise<readonly string[]> {
    const { epoch, compression = 'none' } = copy;
    const store = new QdrantVectorStore(this.client, () => ({ epoch, compression }), this.prefix);
    const lost: string[] = [];
    for (const record of records.filter(({ vector }) => vector.some((value) => value !== 0))) {
      const query = { vector: record.vector, limit: NEAREST, exact: false, include: INCLUDE_NONE };
      const hits = await store.nearest(collectionOf(copy), query, signal);
      if (!isFound(copy, record.id, hits)) lost.push(record.id);
    }
    return lost.length <= records.length * TOLERATED_SHARE ? [] : lost;
  }
}

/** By the dot product others may be nearer, and equal vectors tie: then a full list of better ones explains it. */
function isFound(copy: Copy, id: string, hits: readonly NearestHit[]): boolean {
  if (hits.some((hit) => hit.id === id)) return true;
  const worst = hits.at(-1)?.score;
  if (hits.length < NEAREST || worst === undefined) return false;
  const { higherIsBetter } = METRIC_RULES[copy.metric];
  if (copy.metric === 'dot') return true;
  return higherIsBetter ? worst > 1 - 1e-5 : worst < 1e-5;
}

/** What the store needs to know of a collection. */
const collectionOf = (copy: Copy): Collection => ({
  id: copy.collectionId,
  projectId: copy.projectId,
  name: '',
  dimension: copy.dimension,
  metric: copy.metric,
  model: null,
  settings: { vector_index: { type: 'flat' }, indexes: copy.indexes },
  language: 'auto',
  version: 0,
  createdAt: new Date(0),
  updatedAt: new Date(0),
});
