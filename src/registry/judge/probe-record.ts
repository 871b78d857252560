/** An unbroken row of good probes. Those closer than `gapMs` to the one before are not counted. */
interface Row {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** The latest probes, as far as they matter. */
export class ProbeRecord {
  private row: Row | undefined;
  private badInARow = 0;

  constructor(private readonly gapMs: number) {}

  get bad(): number {
    return this.badInARow;
  }

  get good(): number {
    return this.row?.count ?? 0;
  }

  /** Milliseconds from the first good probe of the row to the last one. */
  get steadyMs(): number {
    return this.row ? this.row.lastAt - this.row.firstAt : 0;
  }

  addGood(nowMs: number): void {
    this.badInARow = 0;
    if (!this.row) this.row = { count: 1, firstAt: nowMs, lastAt: nowMs };
    else if (nowMs - this.row.lastAt >= this.gapMs)
      this.row = { ...this.row, count: this.row.count + 1, lastAt: nowMs };
  }

  addBad(): void {
    this.badInARow += 1;
    this.row = undefined;
  }

  clear(): void {
    this.badInARow = 0;
    this.row = undefined;
  }
}
