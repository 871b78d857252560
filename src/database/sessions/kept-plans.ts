/** Plans that one connection keeps. The server holds each in memory. */
const MAX_KEPT = 100;
/** The plan no longer fits the tables, or somebody discarded it: both are said before anything is done. */
const OUTDATED = new Set(['0A000', '26000']);

/** Names for the statements whose plans a connection keeps (`PREPARE` in the protocol's own way). */
export class KeptPlans {
  private names = new Map<string, string>();
  private given = 0;

  /** Full: what is kept must be discarded before another text is named. */
  get isFull(): boolean {
    return this.names.size >= MAX_KEPT;
  }

  has(sql: string): boolean {
    return this.names.has(sql);
  }

  /** The same name for the same text, and never one that was given before a `clear`. */
  nameOf(sql: string): string {
    const known = this.names.get(sql);
    if (known !== undefined) return known;
    this.given += 1;
    const name = `zerodb_${this.given}`;
    this.names.set(sql, name);
    return name;
  }

  /** After the server has discarded them. */
  clear(): void {
    this.names = new Map();
  }
}

/** Whether the statement itself is fine and only its kept plan is not: it may be sent again, without one. */
export const isPlanOutdated = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && OUTDATED.has(String((error as { code?: unknown }).code));
