import type { Outcome } from './outcome';
import { RollingWindow } from './rolling-window';
import type { Evidence } from './rules';

/** One to two seconds. */
const BURST_BUCKETS = 2;

/** The judge's memory of one direction's calls. */
export class DirectionRecord {
  private readonly window = new RollingWindow();
  private inARow = 0;
  private lastGoodAt: number;

  constructor(nowMs: number) {
    this.lastGoodAt = nowMs;
  }

  add(outcome: Exclude<Outcome, { kind: 'ignored' }>, nowMs: number): void {
    const faults = outcome.kind === 'fault' ? outcome.weight : 0;
    this.window.add(nowMs, { calls: 1, faults, slow: outcome.kind === 'slow' ? 1 : 0 });
    this.inARow = outcome.kind === 'fault' ? this.inARow + faults : 0;
    if (outcome.kind !== 'fault') this.lastGoodAt = nowMs;
  }

  evidence(nowMs: number): Evidence {
    const [tally, burst] = [this.window.total(nowMs), this.window.total(nowMs, BURST_BUCKETS)];
    return { tally, burst, inARow: this.inARow, silentMs: nowMs - this.lastGoodAt };
  }

  /** Forgets everything: calls from before an outage say nothing about the service after it. */
  clear(nowMs: number): void {
    this.window.clear();
    this.inARow = 0;
    this.lastGoodAt = nowMs;
  }
}
