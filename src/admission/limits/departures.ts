const WINDOW_MS = 250;
/** The first is short: until it is over, a line is promised turns by what calls took without load. */
const FIRST_MS = 50;
/** Windows that count, the best of them: a stall of a moment is not what the process can do. */
const KEPT = 4;

/** How many calls a millisecond end while somebody waits: what the process really serves. */
export class Departures {
  private readonly rates: number[] = [];
  private since: number | undefined;
  private ended = 0;

  /** The best of the last windows, in calls a millisecond; `undefined` as long as nobody has waited for a whole window. */
  get perMs(): number | undefined {
    return this.rates.length === 0 ? undefined : Math.max(...this.rates);
  }

  /** Somebody waits at `now`. */
  begin(now: number): void {
    this.since ??= now;
  }

  /** A call ended. */
  count(now: number): void {
    if (this.since === undefined) return;
    this.ended += 1;
    const ms = now - this.since;
    if (ms < (this.rates.length === 0 ? FIRST_MS : WINDOW_MS)) return;
    this.rates.push(this.ended / ms);
    if (this.rates.length > KEPT) this.rates.shift();
    this.since = now;
    this.ended = 0;
  }

  /** Nobody waits now: from here on, the calls that end are those that came, not those that could be served. */
  end(): void {
    this.since = undefined;
    this.ended = 0;
    this.rates.length = 0;
  }
}
