import type { Scope } from '../common/scope';
import type { Collection } from './collection';

const MAX_AGE_MS = 1_000;
const MAX_ENTRIES = 10_000;

/** Collections looked up within the last second. */
export class CollectionCache {
  private readonly entries = new Map<string, { collection: Collection; at: number }>();

  get(scope: Scope, name: string): Collection | undefined {
    const entry = this.entries.get(keyOf(scope, name));
    return entry && performance.now() - entry.at < MAX_AGE_MS ? entry.collection : undefined;
  }

  set(scope: Scope, name: string, collection: Collection): void {
    if (this.entries.size >= MAX_ENTRIES) this.entries.clear();
    this.entries.set(keyOf(scope, name), { collection, at: performance.now() });
  }

  delete(scope: Scope, name: string): void {
    this.entries.delete(keyOf(scope, name));
  }
}

const keyOf = (scope: Scope, name: string): string => `${scope.projectId}/${name}`;
