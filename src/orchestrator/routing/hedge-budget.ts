/** Extra calls as a share of the calls there are, so that hedging never doubles the load of a slow hour. */
export class HedgeBudget {
  private tokens: number;

  constructor(
    private readonly share = 0.1,
    private readonly burst = 10,
  ) {
    this.tokens = burst;
  }

  /** Counts a call that could be hedged. */
  earn(): void {
    this.tokens = Math.min(this.burst, this.tokens + this.share);
  }

  /** Whether one more call may be made; takes it when so. */
  take(): boolean {
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}

const LEAST_MS = 60;

/** Milliseconds to wait for the first candidate: its usual worst, within bounds. */
export const hedgeDelayMs = (p95Ms: number | undefined, mostMs: number): number =>
  Math.min(mostMs, Math.max(LEAST_MS, p95Ms ?? LEAST_MS));
