import { rateLimited } from '../../common/errors';

/** The state of a key's bucket, for the `RateLimit-*` headers. */
export interface RateLimitState {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the bucket is full again. */
  readonly resetSeconds: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** More keys than this are never tracked at once: the oldest bucket makes room, which can only be to its key's favour. */
const MAX_BUCKETS = 10_000;

/** A token bucket per key, in this process. `perSecond` 0 is no limit. */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  private readonly burst: number;

  constructor(
    private readonly perSecond: number,
    burst: number | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.burst = burst ?? Math.max(1, perSecond);
  }

  get isOn(): boolean {
    return this.perSecond > 0;
  }

  /** Takes a token; throws `rate_limited` when there is none. */
  take(key: string): RateLimitState {
    const bucket = this.refilled(key);
    if (bucket.tokens < 1) throw rateLimited(Math.ceil((1 - bucket.tokens) / this.perSecond));
    bucket.tokens -= 1;
    return {
      limit: this.burst,
      remaining: Math.floor(bucket.tokens),
      resetSeconds: Math.ceil((this.burst - bucket.tokens) / this.perSecond),
    };
  }

  private refilled(key: string): Bucket {
    const now = this.now();
    const known = this.buckets.get(key);
    if (known) {
      known.tokens = Math.min(this.burst, known.tokens + ((now - known.at) / 1000) * this.perSecond);
      known.at = now;
      return known;
    }
    const fresh = { tokens: this.burst, at: now };
    if (this.buckets.size >= MAX_BUCKETS) this.buckets.delete(this.buckets.keys().next().value ?? '');
    this.buckets.set(key, fresh);
    return fresh;
  }
}
