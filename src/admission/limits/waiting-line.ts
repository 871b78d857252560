/** A request that waits for a place. */
export interface Waiter {
  /** `false` once it was served, refused or has gone. */
  isWaiting: boolean;
  readonly enter: () => void;
}

/**
 * The requests of one project that wait. Those who came while there was hope for all are served first and in turn, as
 * they were promised. Once there is not, who comes waits for a moment only, and of these the newest is served first.
 */
export class WaitingLine {
  private readonly patient: Waiter[] = [];
  private readonly brief: Waiter[] = [];
  private patientCount = 0;
  private briefCount = 0;

  get size(): number {
    return this.patientCount + this.briefCount;
  }

  add(waiter: Waiter, isBrief: boolean): void {
    (isBrief ? this.brief : this.patient).push(waiter);
    if (isBrief) this.briefCount += 1;
    else this.patientCount += 1;
  }

  /** Takes a waiter out, wherever it stands. */
  drop(waiter: Waiter, isBrief: boolean): void {
    if (!waiter.isWaiting) return;
    waiter.isWaiting = false;
    if (isBrief) this.briefCount -= 1;
    else this.patientCount -= 1;
    this.trim();
  }

  /** Takes the next one out. */
  next(): Waiter | undefined {
    const newest = this.patientCount === 0;
    const waiter = newest ? lastOf(this.brief) : firstOf(this.patient);
    if (waiter) this.drop(waiter, newest);
    return waiter;
  }

  /** Those who are gone are forgotten when they come to an end of their list. */
  private trim(): void {
    for (const list of [this.patient, this.brief]) {
      while (list.length > 0 && !list[0]?.isWaiting) list.shift();
      while (list.length > 0 && !list.at(-1)?.isWaiting) list.pop();
    }
  }
}

const firstOf = (list: Waiter[]): Waiter | undefined => list.find(({ isWaiting }) => isWaiting);
const lastOf = (list: Waiter[]): Waiter | undefined => list.findLast(({ isWaiting }) => isWaiting);
