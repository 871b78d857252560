/**
 * Places that are held for a while: uploads, streams, imports. Nobody waits for one. Whoever asks gets one while they
 * hold less than `FREE_MULTIPLE` times what is free. So one project alone has three quarters at most; of two each has three
 * sevenths; and a newcomer always finds a place, without anybody's being taken away. (Choudhury and Hahne's dynamic
 * thresholds, as switches share their memory out.)
 */
const FREE_MULTIPLE = 3;

export type ShareRefusal = 'share' | 'total';

export class Shares<K = number> {
  private readonly held = new Map<K, number>();
  private used = 0;

  /** `total` places in all; 0 is no limit. */
  constructor(readonly total: number) {}

  get inUse(): number {
    return this.used;
  }

  heldBy(key: K): number {
    return this.held.get(key) ?? 0;
  }

  /** Why there is no place for `key` now; `undefined` when there is one. */
  refusal(key: K): ShareRefusal | undefined {
    if (this.total === 0) return undefined;
    const free = this.total - this.used;
    if (free <= 0) return this.heldBy(key) >= this.fairShare(key) ? 'share' : 'total';
    return this.heldBy(key) < Math.max(1, FREE_MULTIPLE * free) ? undefined : 'share';
  }

  /** Takes a place. Returns the function that frees it, to be called once or more often; `undefined` when there is none. */
  take(key: K): (() => void) | undefined {
    if (this.refusal(key) !== undefined) return undefined;
    this.used += 1;
    this.held.set(key, this.heldBy(key) + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.giveBack(key);
      isHeld = false;
    };
  }

  private fairShare(key: K): number {
    return this.total / (this.held.size + (this.held.has(key) ? 0 : 1));
  }

  private giveBack(key: K): void {
    this.used -= 1;
    const left = this.heldBy(key) - 1;
    if (left > 0) this.held.set(key, left);
    else this.held.delete(key);
  }
}
