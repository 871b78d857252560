import { ExpiringCache } from '../../common/expiring-cache';
import type { Scope } from '../../common/scope';
import type { Topic } from '../event';

const MAX_ENTRIES = 10_000;
/** How long another replica may see a topic as it was. */
const FRESH_MS = 1_000;

/** Topics by name, for a moment. A publish into one that is gone is refused by Postgres all the same. */
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
