import type { Scope } from '../../common/scope';
import type { Collection } from '../collection';
import type { VectorHit, VectorQuery } from '../vector-store.port';
import type { Claim } from '../search/hydration';

/** The follower's copies as a search sees them. Calls reject with a `ServiceFault`. */
export abstract class Replica {
  /** The verified build that serves the collection; `undefined`: none. From memory, so it may just have been retired. */
  abstract epochOf(collectionId: number): string | undefined;
  /** Records it lacks, as last counted; from memory. */
  abstract lagOf(collectionId: number): number;
  /** Whether it can tell the records that the filter selects. */
  abstract supports(query: VectorQuery): boolean;
  /** Ids, versions and scores alone, best first. */
  abstract nearest(
    scope: Scope,
    collection: Collection,
    query: VectorQuery,
    signal: AbortSignal,
  ): Promise<readonly Claim[]>;
  /** With the parts that `query.include` names, from its own copy. */
  abstract search(scope: Scope, collection: Collection, query: VectorQuery, signal: AbortSignal): Promise<VectorHit[]>;
  abstract vectorOf(
    scope: Scope,
    collection: Collection,
    id: string,
    signal: AbortSignal,
  ): Promise<number[] | undefined>;
  /** Has these records sent, or removed, again. Returns at once. */
  abstract repair(scope: Scope, collection: Collection, ids: readonly string[]): void;
}
