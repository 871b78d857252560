/** Plans that one connection keeps. The server holds each in memory. */
const MAX_KEPT = 100;
/** The plan no longer fits the tables, or was discarded. Postgres reports both before it executes anything. */
const OUTDATED = new Set(['0A000', '26000']);

/** Names the prepared statements of one connection (at the protocol level, without `PREPARE`). */
export class KeptPlans {
  private names = new Map<string, string>();
  private given = 0;

  /** When full, discard all kept plans before naming another statement. */
  get isFull(): boolean {
    return this.names.size >= MAX_KEPT;
  }

  has(sql: string): boolean {
    return this.names.has(sql);
  }

  /** The same name for the same text; never a name from before a `clear`. */
  nameOf(sql: string): string {
    const known = this.names.get(sql);
    if (known !== undefined) return known;
    this.given += 1;
    const name = `zerodb_${this.given}`;
    this.names.set(sql, name);
    return name;
  }

  /** Call after the server has discarded them. */
  clear(): void {
    this.names = new Map();
  }
}

/** Whether only the kept plan is invalid: the statement may be sent again without one. */
export const isPlanOutdated = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && OUTDATED.has(String((error as { code?: unknown }).code));
