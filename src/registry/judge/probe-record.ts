/** A run of good probes. Those closer than `gapMs` to the previous one are not counted. */
interface Row {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** The latest probes, as far as decisions need them. */
export class ProbeRecord {
  private row: Row | undefined;
  private badInARow = 0;
  private leastMs = Number.POSITIVE_INFINITY;

  constructor(private readonly gapMs: number) {}

  get bad(): number {
    return this.badInARow;
  }

  get good(): number {
    return this.row?.count ?? 0;
  }

  /** Milliseconds from the first good probe of the run to the last one. */
  get steadyMs(): number {
    return this.row ? this.row.lastAt - this.row.firstAt : 0;
  }

  /** The usual duration of a good probe; 0 before the first one. */
  get usualMs(): number {
    return Number.isFinite(this.leastMs) ? this.leastMs : 0;
  }

  addGood(nowMs: number, ms: number): void {
    this.badInARow = 0;
    // A minimum that rises slowly, so that a slow hour does not become the usual duration.
    this.leastMs = Math.min(ms, this.leastMs * 1.01);
    if (!this.row) this.row = { count: 1, firstAt: nowMs, lastAt: nowMs };
    else if (nowMs - this.row.lastAt >= this.gapMs)
      this.row = { ...this.row, count: this.row.count + 1, lastAt: nowMs };
  }

  /** `weight`: 1, or less for a refusal that shows that the service is alive. */
  addBad(weight: number): void {
    this.badInARow += weight;
    this.row = undefined;
  }

  /** Earlier good probes no longer count. */
  resetGood(): void {
    this.row = undefined;
  }

  clear(): void {
    this.badInARow = 0;
    this.row = undefined;
  }
}
