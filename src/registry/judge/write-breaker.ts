import type { Random } from '../time';
import type { JudgeLimits } from './limits';
import { openMs } from './rules';

/** `closed`: writes go through. `open`: none. `half_open`: one at a time, `busy` while it runs. */
type State =
  | { readonly name: 'closed' }
  | { readonly name: 'open'; readonly until: number }
  | { readonly name: 'half_open'; readonly busy: boolean };

/**
 * Stops writes to a service that still answers reads: a full disk, a refused role. It stops writes only; reads and
 * probes decide about the service as a whole.
 */
export class WriteBreaker {
  private state: State = { name: 'closed' };
  private trips = 0;
  private closedAt = 0;

  constructor(
    private readonly limits: JudgeLimits,
    private readonly random: Random,
  ) {}

  get isClosed(): boolean {
    return this.state.name === 'closed';
  }

  admits(nowMs: number): boolean {
    switch (this.state.name) {
      case 'closed':
        return true;
      case 'open':
        return nowMs >= this.state.until;
      case 'half_open':
        return !this.state.busy;
    }
  }

  /** Takes the only slot while half open; returns whether the call is a trial, whose slot must be released. */
  startTrial(nowMs: number): boolean {
    if (this.isClosed || !this.admits(nowMs)) return false;
    this.state = { name: 'half_open', busy: true };
    return true;
  }

  /** The trial ended, however it ended. */
  endTrial(): void {
    if (this.state.name === 'half_open') this.state = { name: 'half_open', busy: false };
  }

  trip(nowMs: number): void {
    if (this.state.name === 'closed' && nowMs - this.closedAt > this.limits.forgiveMs) this.trips = 0;
    this.state = { name: 'open', until: nowMs + openMs(this.trips, this.random, this.limits) };
    this.trips += 1;
  }

  close(nowMs: number): void {
    this.state = { name: 'closed' };
    this.closedAt = nowMs;
  }
}
