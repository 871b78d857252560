import { ExpiringCache } from '../common/expiring-cache';
import type { Scope } from '../common/scope';
import type { Collection } from './collection';

const FRESH_MS = 1_000;
/** How long searches use the last known collection while Postgres is down. */
const KEPT_MS = 60 * 60 * 1_000;
const MAX_ENTRIES = 10_000;

/** Collections looked up within the last second, and, for when Postgres is gone, within the last hour. */
export class CollectionCache {
  private readonly entries: ExpiringCache<Collection>;

  constructor(maxEntries = MAX_ENTRIES) {
    this.entries = new ExpiringCache(maxEntries, FRESH_MS, KEPT_MS);
  }

  /** At most a second old. */
  fresh(scope: Scope, name: string): Collection | undefined {
    return this.entries.get(keyOf(scope, name));
  }

  /** At most an hour old: for when nobody can be asked. */
  kept(scope: Scope, name: string): Collection | undefined {
    return this.entries.kept(keyOf(scope, name));
  }

  set(scope: Scope, name: string, collection: Collection): void {
    this.entries.set(keyOf(scope, name), collection);
  }

  delete(scope: Scope, name: string): void {
    this.entries.delete(keyOf(scope, name));
  }
}

const keyOf = (scope: Scope, name: string): string => `${scope.projectId}/${name}`;
