import type { Time } from '../../src/registry/time';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

/** A clock that stands still until it is told to go on. */
export class VirtualTime implements Time {
  private readonly timers = new Set<Timer>();
  private readonly stalls: { from: number; until: number }[] = [];
  private current = 0;
  private count = 0;

  now(): number {
    return this.current;
  }

  lagMs(sinceMs: number): number {
    const from = this.current - sinceMs;
    const under = this.stalls.map((stall) => Math.min(stall.until, this.current) - Math.max(stall.from, from));
    return under.reduce((sum, ms) => sum + Math.max(0, ms), 0);
  }

  /** From now on this process does not run for `ms`: what is due meanwhile is late. */
  stall(ms: number): void {
    const from = Math.max(this.current, this.stalls.at(-1)?.until ?? 0);
    this.stalls.push({ from, until: from + ms });
    if (this.stalls.length > 50) this.stalls.shift();
  }

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.current + Math.max(0, ms), order: (this.count += 1), act };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  afterInBackground(ms: number, act: () => void): () => void {
    return this.after(ms, act);
  }

  get pending(): number {
    return this.timers.size;
  }

  /** Runs all that is due within `ms`, in order, each with what follows from it. */
  async advance(ms: number): Promise<void> {
    const until = this.current + ms;
    await settle();
    for (let next = this.next(until); next; next = this.next(until)) {
      this.timers.delete(next);
      this.current = Math.max(this.current, this.resumesAt(next.at));
      next.act();
      await settle();
    }
    this.current = Math.max(until, this.current);
  }

  /** Nothing runs within a stall: what is due then runs at its end. */
  private resumesAt(at: number): number {
    const stall = this.stalls.find(({ from, until }) => at >= from && at < until);
    return stall ? stall.until : at;
  }

  private next(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.at > until) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}

/** More turns of the microtask queue than any chain of promises here is long. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
};
