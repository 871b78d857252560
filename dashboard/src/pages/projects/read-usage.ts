import { api } from '../../api/client';
import type { Bucket, Collection } from '../../api/types';

/** What a project holds, added up from its lists. */
export interface ProjectUsage {
  readonly collections: readonly Collection[];
  readonly buckets: readonly Bucket[];
  readonly topics: number;
  readonly keys: number;
  /** Whether every list was read to its end. */
  readonly isComplete: boolean;
}

/** The most that one page of a list holds. */
const LIMIT = 1_000;

export async function readUsage(signal: AbortSignal): Promise<ProjectUsage> {
  const options = { signal, query: { limit: LIMIT } };
  const [collections, buckets, topics, status] = await Promise.all([
    api.get('/v1/collections', options),
    api.get('/v1/buckets', { signal, query: { limit: LIMIT, include: 'usage' } }),
    api.get('/v1/topics', options),
    api.get('/v1/status', { signal }),
  ]);
  return {
    collections: collections.data,
    buckets: buckets.data,
    topics: topics.data.length,
    keys: status.keys,
    isComplete: !collections.has_more && !buckets.has_more && !topics.has_more,
  };
}
