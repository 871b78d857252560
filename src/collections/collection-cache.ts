import type { Scope } from '../common/scope';
import type { Collection } from './collection';

const FRESH_MS = 1_000;
/** While Postgres is gone, searches go on with what was known, for so long. */
const KEPT_MS = 60 * 60 * 1_000;
const MAX_ENTRIES = 10_000;

/** Collections looked up within the last second, and, for when Postgres is gone, within the last hour. */
export class CollectionCache {
  private readonly entries = new Map<string, { collection: Collection; at: number }>();

  constructor(private readonly maxEntries = MAX_ENTRIES) {}

  /** At most a second old. */
  fresh(scope: Scope, name: string): Collection | undefined {
    return this.youngerThan(FRESH_MS, scope, name);
  }

  /** At most an hour old: for when nobody can be asked. */
  kept(scope: Scope, name: string): Collection | undefined {
    return this.youngerThan(KEPT_MS, scope, name);
  }

  set(scope: Scope, name: string, collection: Collection): void {
    const key = keyOf(scope, name);
    this.entries.delete(key);
    this.entries.set(key, { collection, at: performance.now() });
    // Only the one that nobody has asked for the longest makes room: the rest may be needed when Postgres is gone.
    if (this.entries.size > this.maxEntries) this.entries.delete(this.entries.keys().next().value ?? '');
  }

  delete(scope: Scope, name: string): void {
    this.entries.delete(keyOf(scope, name));
  }

  private youngerThan(ms: number, scope: Scope, name: string): Collection | undefined {
    const entry = this.entries.get(keyOf(scope, name));
    return entry && performance.now() - entry.at < ms ? entry.collection : undefined;
  }
}

const keyOf = (scope: Scope, name: string): string => `${scope.projectId}/${name}`;
