import type { Logger } from 'pino';
import type { Scope } from '../../common/scope';
import type { CopyDirectory } from '../../followers/copy-directory';
import type { FollowerTarget } from '../../followers/follower-target.port';
import type { DirtyStore } from '../../followers/dirty-store';
import type { QdrantVectorStore } from '../adapters/qdrant/qdrant.store';
import type { Collection } from '../collection';
import type { Claim } from '../search/hydration';
import { Replica } from './replica.port';
import type { VectorHit, VectorQuery } from '../vector-store.port';

/** Repairs of one search; the drift meter finds what is left. */
const MAX_REPAIRED = 100;

/** Qdrant's copies as searches see them. */
export class QdrantReplica extends Replica {
  constructor(
    private readonly store: QdrantVectorStore,
    private readonly target: FollowerTarget,
    private readonly directory: CopyDirectory,
    private readonly dirty: DirtyStore,
    private readonly logger: Logger,
  ) {
    super();
  }

  epochOf(collectionId: number): string | undefined {
    return this.directory.servingEpoch(collectionId);
  }

  lagOf(collectionId: number): number {
    return this.directory.lagOf(collectionId).records;
  }

  supports({ filter }: VectorQuery): boolean {
    return filter === undefined || this.store.supports(filter);
  }

  async nearest(
    _scope: Scope,
    collection: Collection,
    query: VectorQuery,
    signal: AbortSignal,
  ): Promise<readonly Claim[]> {
    return await this.store.nearest(collection, query, signal);
  }

  async search(scope: Scope, collection: Collection, query: VectorQuery, signal: AbortSignal): Promise<VectorHit[]> {
    return await this.store.search(scope, collection, query, signal);
  }

  async vectorOf(scope: Scope, collection: Collection, id: string, signal: AbortSignal): Promise<number[] | undefined> {
    const epoch = this.epochOf(collection.id);
    if (epoch === undefined) return undefined;
    const copy = {
      collectionId: collection.id,
      projectId: collection.projectId,
      dimension: collection.dimension,
      metric: collection.metric,
      indexes: collection.settings.indexes,
      epoch,
    };
    const [record] = await this.target.read(copy, [id], signal);
    return record?.projectId === scope.projectId ? [...record.vector] : undefined;
  }

  repair(_scope: Scope, collection: Collection, ids: readonly string[]): void {
    const copy = { collectionId: collection.id, projectId: collection.projectId };
    this.dirty.mark(copy, ids.slice(0, MAX_REPAIRED), { anew: true }).catch((error: unknown) => {
      this.logger.warn({ err: error, collection: collection.id }, 'differences were not marked; the drift meter will');
    });
  }
}
