import { randomBytes } from 'node:crypto';
import { QdrantClient } from '../../src/collections/adapters/qdrant/qdrant-client';
import { QdrantTarget } from '../../src/collections/adapters/qdrant/qdrant-target';
import { QdrantVectorStore } from '../../src/collections/adapters/qdrant/qdrant.store';
import type { Collection } from '../../src/collections/collection';
import { VectorStore, type VectorHit, type VectorQuery } from '../../src/collections/vector-store.port';
import type { Scope } from '../../src/common/scope';
import type { Copy, FollowedRecord } from '../../src/followers/follower-target.port';
import type { OpenRecord } from './record';

const EPOCH = 'e1';
const LONG_MS = 60_000;

/** A part of the test's Qdrant that nobody else uses. */
export function openQdrant(url: string) {
  const prefix = `t${randomBytes(5).toString('hex')}`;
  const client = new QdrantClient({ urls: [url] });
  const target = new QdrantTarget(client, prefix);
  return {
    client,
    prefix,
    target,
    store: new QdrantVectorStore(client, () => ({ epoch: EPOCH, compression: 'none' }), prefix),
    /** Removes everything under the prefix. */
    async drop(): Promise<void> {
      const signal = AbortSignal.timeout(LONG_MS);
      for (const copy of await target.list(signal)) await target.drop(copy, signal);
      await client.call({ method: 'DELETE', path: `/collections/${prefix}_mark`, signal });
      await client.close();
    },
  };
}

export type OpenQdrant = ReturnType<typeof openQdrant>;

export const copyOf = (collection: Collection, epoch = EPOCH): Copy => ({
  collectionId: collection.id,
  projectId: collection.projectId,
  dimension: collection.dimension,
  metric: collection.metric,
  indexes: collection.settings.indexes,
  epoch,
});

/** Everything that the record holds of a collection, as a follower reads it. */
export async function recordsOf(record: OpenRecord, collection: Collection): Promise<FollowedRecord[]> {
  const time = (column: string): string =>
    `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "${column}"`;
  const { rows } = await record.database.system.query<{
    id: string;
    version: number;
    vector: string;
    text: string | null;
    metadata: Record<string, unknown>;
    created_at: string;
    updated_at: string;
  }>(
    `select id, version, embedding::text as vector, text, metadata, ${time('created_at')}, ${time('updated_at')}
     from zerodb_vectors_${collection.id}`,
  );
  return rows.map((row) => ({
    ...row,
    vector: JSON.parse(row.vector) as number[],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    digest: `${row.id}/${row.version}`,
  }));
}

/** Qdrant with a follower that is never behind: each search first brings the copy level with the record. */
export class LevelQdrantStore extends VectorStore {
  readonly name = 'qdrant';

  constructor(
    private readonly record: OpenRecord,
    private readonly qdrant: OpenQdrant,
  ) {
    super();
  }

  async search(scope: Scope, collection: Collection, query: VectorQuery): Promise<VectorHit[]> {
    const signal = AbortSignal.timeout(LONG_MS);
    const copy = copyOf(collection);
    await this.qdrant.target.prepare(copy, signal);
    await this.qdrant.target.put(copy, await recordsOf(this.record, collection), signal);
    return await this.qdrant.store.search(scope, collection, query, signal);
  }
}
