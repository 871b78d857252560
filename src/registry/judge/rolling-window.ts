/** Counts over a period. `faults` is a sum of weights. */
export interface Tally {
  readonly calls: number;
  readonly faults: number;
  readonly slow: number;
}

interface Bucket extends Tally {
  readonly epoch: number;
}

export const NO_CALLS: Tally = { calls: 0, faults: 0, slow: 0 };

/**
 * Counts of the last `buckets * bucketMs` milliseconds. Buckets expire by time, not when they are overwritten: old
 * counts never show, however few calls there are.
 */
export class RollingWindow {
  private readonly ring: Bucket[];

  constructor(
    private readonly buckets = 10,
    private readonly bucketMs = 1_000,
  ) {
    this.ring = new Array<Bucket>(buckets).fill({ epoch: Number.NEGATIVE_INFINITY, ...NO_CALLS });
  }

  add(nowMs: number, { calls, faults, slow }: Tally): void {
    const epoch = Math.floor(nowMs / this.bucketMs);
    const place = ((epoch % this.buckets) + this.buckets) % this.buckets;
    const current = this.ring[place];
    const base = current?.epoch === epoch ? current : NO_CALLS;
    this.ring[place] = { epoch, calls: base.calls + calls, faults: base.faults + faults, slow: base.slow + slow };
  }

  /** Totals of the whole window, or of its latest buckets. */
  total(nowMs: number, latest = this.buckets): Tally {
    const oldest = Math.floor(nowMs / this.bucketMs) - latest;
    let [calls, faults, slow] = [0, 0, 0];
    for (const bucket of this.ring) {
      if (bucket.epoch <= oldest) continue;
      calls += bucket.calls;
      faults += bucket.faults;
      slow += bucket.slow;
    }
    return { calls, faults, slow };
  }

  clear(): void {
    this.ring.fill({ epoch: Number.NEGATIVE_INFINITY, ...NO_CALLS });
  }
}
