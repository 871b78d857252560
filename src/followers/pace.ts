/** Target duration of a call to the service: requests that arrive meanwhile wait behind it. */
const TARGET_MS = 120;
const MAX_GROWTH = 2;
const MAX_SHRINKING = 0.25;

/** Adapts the number of records per call to the duration of recent calls. */
export class Pace {
  constructor(
    private records: number,
    private readonly most: number,
    private readonly least = 16,
  ) {}

  get size(): number {
    return this.records;
  }

  /** Records that a call with `records` records took `ms`. A call that was not full says nothing about larger ones. */
  observe(records: number, ms: number): void {
    const factor = Math.min(MAX_GROWTH, Math.max(MAX_SHRINKING, TARGET_MS / Math.max(1, ms)));
    if (factor > 1 && records < this.records) return;
    this.records = Math.round(Math.min(this.most, Math.max(this.least, this.records * factor)));
  }

  /** Shrinks batches after a fault. */
  slowDown(): void {
    this.records = Math.max(1, Math.floor(this.records / 4));
  }
}
