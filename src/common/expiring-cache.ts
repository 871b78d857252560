/**
 * A small map whose entries expire after a while; the least recently used one makes room. Expired entries are kept for
 * `keptMs` for those who can't ask anew.
 */
export class ExpiringCache<V> {
  private readonly entries = new Map<string, { value: V; until: number }>();

  constructor(
    private readonly maxEntries: number,
    private readonly ttlMs: number,
    private readonly keptMs: number = ttlMs,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (!entry || entry.until <= this.now()) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  /** What was known, expired or not. */
  kept(key: string): V | undefined {
    const entry = this.entries.get(key);
    return entry && entry.until - this.ttlMs + this.keptMs > this.now() ? entry.value : undefined;
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  set(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, { value, until: this.now() + this.ttlMs });
    if (this.entries.size > this.maxEntries) this.entries.delete(this.entries.keys().next().value ?? '');
  }

  /** Those that have not expired, the ones used last at the end. */
  *fresh(): Generator<readonly [string, V]> {
    for (const [key, { value, until }] of this.entries) if (until > this.now()) yield [key, value];
  }

  /** Expired or not. */
  deleteWhere(isGone: (value: V) => boolean): void {
    for (const [key, { value }] of this.entries) if (isGone(value)) this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }
}
