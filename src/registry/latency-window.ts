export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

interface Sample {
  readonly at: number;
  readonly ms: number;
}

const CAPACITY = 512;
const KEPT_MS = 60_000;
/** Minimum samples for a percentile. */
const MIN_SAMPLES = 20;
/** Cached, because sorting for each search would cost too much. */
const FRESH_MS = 250;

/** Durations of the latest successful calls: at most 512 of the last minute. */
export class LatencyWindow {
  private readonly samples: Sample[] = [];
  private next = 0;
  private cached: Percentiles | undefined;
  private cachedAt = Number.NEGATIVE_INFINITY;

  add(nowMs: number, ms: number): void {
    this.samples[this.next] = { at: nowMs, ms };
    this.next = (this.next + 1) % CAPACITY;
  }

  /** Milliseconds; up to a quarter of a second old. `undefined` with fewer than 20 calls in the last minute. */
  percentiles(nowMs: number): Percentiles | undefined {
    if (nowMs - this.cachedAt < FRESH_MS) return this.cached;
    this.cachedAt = nowMs;
    this.cached = percentilesOf(this.samples.filter(({ at }) => nowMs - at < KEPT_MS).map(({ ms }) => ms));
    return this.cached;
  }
}

const percentilesOf = (values: number[]): Percentiles | undefined => {
  if (values.length < MIN_SAMPLES) return undefined;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
};
