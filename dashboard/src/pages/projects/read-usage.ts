import { api } from '../../api/client';
import type { Page } from '../../api/types';

interface CollectionUsage {
  readonly name: string;
  readonly records: number;
  readonly dimension: number;
}

interface BucketUsage {
  readonly name: string;
  readonly usage: { readonly files: number; readonly bytes: number; readonly stored_bytes: number };
}

/** What a project holds, added up from its lists. */
export interface ProjectUsage {
  readonly collections: readonly CollectionUsage[];
  readonly buckets: readonly BucketUsage[];
  readonly topics: number;
  readonly keys: number;
  /** Whether every list was read to its end. */
  readonly isComplete: boolean;
}

/** The most that one page of a list holds. */
const LIMIT = 1_000;

export async function readUsage(signal: AbortSignal): Promise<ProjectUsage> {
  const list = <T>(path: string) => api.get<Page<T>>(path, { signal, query: { limit: LIMIT } });
  const [collections, buckets, topics, status] = await Promise.all([
    list<CollectionUsage>('/v1/collections'),
    list<BucketUsage>('/v1/buckets'),
    list('/v1/topics'),
    api.get<{ readonly keys: number }>('/v1/status', { signal }),
  ]);
  return {
    collections: collections.data,
    buckets: buckets.data,
    topics: topics.data.length,
    keys: status.keys,
    isComplete: !collections.has_more && !buckets.has_more && !topics.has_more,
  };
}
