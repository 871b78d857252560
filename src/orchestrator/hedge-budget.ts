/**
 * Limits extra calls to a share of the regular ones: each call earns `share` of a token, each extra call spends one.
 * `burst` bounds the tokens, so that a service in trouble does not get twice the load.
 */
export class Budget {
  private tokens: number;

  constructor(
    private readonly share: number,
    private readonly burst: number,
  ) {
    this.tokens = burst;
  }

  /** Records a regular call. */
  deposit(): void {
    this.tokens = Math.min(this.burst, this.tokens + this.share);
  }

  /** Returns whether one extra call is allowed now. */
  withdraw(): boolean {
    // Ten tenths add up to slightly less than one in floating point.
    if (this.tokens < 1 - 1e-9) return false;
    this.tokens = Math.max(0, this.tokens - 1);
    return true;
  }
}

/** Hedged reads: at most one per ten reads, in bursts of at most ten. */
export const hedgeBudget = (): Budget => new Budget(0.1, 10);
