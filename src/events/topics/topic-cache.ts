import type { Scope } from '../../common/scope';
import type { Topic } from '../event';

const MAX_ENTRIES = 10_000;
/** How long another replica may see a topic as it was. */
const KEPT_MS = 1_000;

/** Topics by name, for a moment. A publish into one that is gone is refused by Postgres all the same. */
export class TopicCache {
  private readonly entries = new Map<string, { topic: Topic; until: number }>();

  get(scope: Scope, name: string): Topic | undefined {
    const entry = this.entries.get(keyOf(scope, name));
    return entry && entry.until > performance.now() ? entry.topic : undefined;
  }

  set(scope: Scope, topic: Topic): void {
    if (this.entries.size >= MAX_ENTRIES) this.entries.delete(this.entries.keys().next().value ?? '');
    this.entries.set(keyOf(scope, topic.name), { topic, until: performance.now() + KEPT_MS });
  }

  delete(scope: Scope, name: string): void {
    this.entries.delete(keyOf(scope, name));
  }
}

const keyOf = (scope: Scope, name: string): string => `${scope.projectId}/${name}`;
