import { ExpiringCache } from '../../common/expiring-cache';
import type { Scope } from '../../common/scope';
import type { Topic } from '../event';

const MAX_ENTRIES = 10_000;
/** How long another replica may use an outdated topic. */
const FRESH_MS = 1_000;

/** Caches topics by name for a short time. Postgres still refuses a publish into a deleted topic. */
export class TopicCache {
  private readonly entries = new ExpiringCache<Topic>(MAX_ENTRIES, FRESH_MS);

  get(scope: Scope, name: string): Topic | undefined {
    return this.entries.get(keyOf(scope, name));
  }

  set(scope: Scope, topic: Topic): void {
    this.entries.set(keyOf(scope, topic.name), topic);
  }

  delete(scope: Scope, name: string): void {
    this.entries.delete(keyOf(scope, name));
  }
}

const keyOf = (scope: Scope, name: string): string => `${scope.projectId}/${name}`;
