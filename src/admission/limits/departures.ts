const WINDOW_MS = 250;
/** The first is short: until it is over, a line is promised turns by what calls took without load. */
const FIRST_MS = 50;
/** So few say nothing: after a first window with fewer of them the usual length is waited for. */
const FIRST_CALLS = 5;
/** Calls that began together end together: a window ends behind them, not between them. */
const TOGETHER_MS = 25;
/** Windows that count, the best of them: a stall of a moment is not what the process can do. */
const WINDOWS_KEPT = 4;

/** How many calls a millisecond end while somebody waits: what the process really serves. */
export class Departures {
  private readonly rates: number[] = [];
  private since: number | undefined;
  private ended = 0;
  /** When the last of them ended. */
  private last = 0;
  /** When the window was long enough. It takes what ends together with that call. */
  private dueAt: number | undefined;

  /** The best of the last windows, in calls a millisecond; `undefined` as long as nobody has waited for a whole window. */
  get perMs(): number | undefined {
    const due = this.dueAt === undefined || this.since === undefined ? [] : [this.ended / (this.last - this.since)];
    return this.rates.length + due.length === 0 ? undefined : Math.max(...this.rates, ...due);
  }

  /** Somebody waits at `now`. */
  begin(now: number): void {
    this.since ??= now;
  }

  /** A call ended. */
  count(now: number): void {
    if (this.since === undefined) return;
    if (this.dueAt !== undefined && now - this.dueAt > TOGETHER_MS) this.close(this.since);
    this.ended += 1;
    this.last = now;
    if (this.isLongEnough(now - this.since)) this.dueAt ??= now;
  }

  /** Nobody waits now: from here on, the calls that end are those that came, not those that could be served. */
  end(): void {
    this.since = undefined;
    this.dueAt = undefined;
    this.ended = 0;
    this.rates.length = 0;
  }

  private isLongEnough(ms: number): boolean {
    return ms >= WINDOW_MS || (this.rates.length === 0 && ms >= FIRST_MS && this.ended >= FIRST_CALLS);
  }

  private close(since: number): void {
    this.rates.push(this.ended / (this.last - since));
    if (this.rates.length > WINDOWS_KEPT) this.rates.shift();
    this.since = this.last;
    this.dueAt = undefined;
    this.ended = 0;
  }
}
