/**
 * Extra work as a share of the usual: each call earns `share` of a token, each extra spends one. A burst of extras is
 * limited by `burst`, so that a service in trouble is not asked twice as often as a healthy one.
 */
export class Budget {
  private tokens: number;

  constructor(
    private readonly share: number,
    private readonly burst: number,
  ) {
    this.tokens = burst;
  }

  /** A usual call was made. */
  earn(): void {
    this.tokens = Math.min(this.burst, this.tokens + this.share);
  }

  /** Whether one extra may be done now. */
  spend(): boolean {
    // Ten tenths are a little less than one in binary fractions.
    if (this.tokens < 1 - 1e-9) return false;
    this.tokens = Math.max(0, this.tokens - 1);
    return true;
  }
}

/** Hedged reads: at most one for ten reads, and ten at once. */
export const hedgeBudget = (): Budget => new Budget(0.1, 10);
