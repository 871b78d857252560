import { LRUCache } from 'lru-cache';

interface Entry<V> {
  readonly value: V;
  readonly at: number;
}

/**
 * The cache for data from Postgres. An entry is fresh for `ttlMs` after it was stored, however often it is used. It is
 * kept for `keptMs`, to be used while Postgres is unreachable. The least recently used entry is evicted first.
 */
export class ExpiringCache<V> {
  private readonly entries: LRUCache<string, Entry<V>>;

  constructor(
    maxEntries: number,
    private readonly ttlMs: number,
    private readonly keptMs: number = ttlMs,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.entries = new LRUCache({ max: maxEntries });
  }

  /** A fresh value. */
  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    return entry && this.isYounger(entry, this.ttlMs) ? entry.value : undefined;
  }

  /** The stored value, fresh or stale. */
  kept(key: string): V | undefined {
    const entry = this.entries.peek(key);
    return entry && this.isYounger(entry, this.keptMs) ? entry.value : undefined;
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  set(key: string, value: V): void {
    this.entries.set(key, { value, at: this.now() });
  }

  /** The fresh values, most recently used last. */
  *fresh(): Generator<readonly [string, V]> {
    for (const key of this.entries.rkeys()) {
      const entry = this.entries.peek(key);
      if (entry && this.isYounger(entry, this.ttlMs)) yield [key, entry.value];
    }
  }

  /** Fresh or stale. */
  deleteWhere(isGone: (value: V) => boolean): void {
    for (const [key, { value }] of [...this.entries.entries()]) if (isGone(value)) this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }

  private isYounger({ at }: Entry<V>, ms: number): boolean {
    return this.now() - at < ms;
  }
}
