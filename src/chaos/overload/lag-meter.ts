const TICK_MS = 10;
/** A timer is rarely exact. */
const USUAL_MS = 5;

interface Lag {
  readonly from: number;
  readonly to: number;
}

/**
 * When this very process stood still. Where the processor is taken away, a client measures its own waiting as well: what
 * falls into a time in which it could not run is not the product's.
 */
export class LagMeter {
  private readonly lags: Lag[] = [];
  private readonly timer: NodeJS.Timeout;
  private expected: number;

  constructor(private readonly now: () => number) {
    this.expected = now() + TICK_MS;
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  /** Notes how late the present turn is. Called by the timer. */
  tick(): void {
    const now = this.now();
    if (now - this.expected > USUAL_MS) this.lags.push({ from: this.expected, to: now });
    this.expected = now + TICK_MS;
  }

  /** Milliseconds between `from` and `to` in which nothing ran here. */
  within(from: number, to: number): number {
    let sum = 0;
    for (let index = this.firstAfter(from); index < this.lags.length; index += 1) {
      const lag = this.lags[index];
      if (!lag || lag.from >= to) break;
      sum += Math.min(lag.to, to) - Math.max(lag.from, from);
    }
    return sum;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The first that ends after `moment`; they are in order and do not overlap. */
  private firstAfter(moment: number): number {
    let low = 0;
    let high = this.lags.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.lags[middle]?.to ?? Infinity) <= moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
