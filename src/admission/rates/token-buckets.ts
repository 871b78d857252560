/** So many a second, and `burst` at once after a pause. */
export interface Rate {
  /** 0 is no limit. */
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** More buckets than these are never kept: the one used longest ago makes room, which can only be to its owner's favour. */
const MAX_BUCKETS = 10_000;

/** Token buckets by name, in bounded memory. */
export class TokenBuckets<K> {
  private readonly buckets = new Map<K, Bucket>();

  constructor(
    private readonly rate: Rate,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get isOn(): boolean {
    return this.rate.perSecond > 0;
  }

  /** Takes `count` tokens, a whole burst at most; `false` when there are fewer, and then none is taken. */
  take(key: K, count = 1): boolean {
    if (!this.isOn) return true;
    const bucket = this.refilled(key);
    const wanted = Math.min(count, this.rate.burst);
    if (bucket.tokens < wanted) return false;
    bucket.tokens -= wanted;
    return true;
  }

  /** Returns tokens that were not needed after all. */
  refund(key: K, count = 1): void {
    const bucket = this.buckets.get(key);
    if (bucket) bucket.tokens = Math.min(this.rate.burst, bucket.tokens + count);
  }

  /** Tokens left now; may be a fraction. */
  left(key: K): number {
    return this.refilled(key).tokens;
  }

  /** Seconds until there are `count` tokens. */
  secondsUntil(key: K, count = 1): number {
    return Math.max(0, (Math.min(count, this.rate.burst) - this.refilled(key).tokens) / this.rate.perSecond);
  }

  private refilled(key: K): Bucket {
    const now = this.now();
    const known = this.buckets.get(key);
    if (!known) return this.add(key, now);
    known.tokens = Math.min(this.rate.burst, known.tokens + ((now - known.at) / 1000) * this.rate.perSecond);
    known.at = now;
    return known;
  }

  private add(key: K, now: number): Bucket {
    if (this.buckets.size >= MAX_BUCKETS) this.dropOldest();
    const fresh = { tokens: this.rate.burst, at: now };
    this.buckets.set(key, fresh);
    return fresh;
  }

  /** Full buckets first: nobody notices that they are gone. A look at a few is enough. */
  private dropOldest(): void {
    let looked = 0;
    let emptiest: K | undefined;
    for (const [key, { tokens, at }] of this.buckets) {
      const refilled = tokens + ((this.now() - at) / 1000) * this.rate.perSecond;
      if (refilled >= this.rate.burst) return void this.buckets.delete(key);
      emptiest ??= key;
      if ((looked += 1) >= 64) break;
    }
    if (emptiest !== undefined) this.buckets.delete(emptiest);
  }
}
