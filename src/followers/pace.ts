/** A call to the service is to take about so long: requests that come meanwhile wait behind it. */
const TARGET_MS = 120;
const MAX_GROWTH = 2;
const MAX_SHRINKING = 0.25;

/** How many records go into a call, from how long the last ones took. */
export class Pace {
  constructor(
    private records: number,
    private readonly most: number,
    private readonly least = 16,
  ) {}

  get size(): number {
    return this.records;
  }

  /** A call with `records` records took `ms`. One that was not full says nothing of larger ones. */
  observe(records: number, ms: number): void {
    const factor = Math.min(MAX_GROWTH, Math.max(MAX_SHRINKING, TARGET_MS / Math.max(1, ms)));
    if (factor > 1 && records < this.records) return;
    this.records = Math.round(Math.min(this.most, Math.max(this.least, this.records * factor)));
  }

  /** After a fault a few are tried at a time. */
  shrink(): void {
    this.records = Math.max(1, Math.floor(this.records / 4));
  }
}
