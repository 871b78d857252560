import type { Random } from '../time';
import type { JudgeLimits } from './limits';
import { tripsStillCounted, openMs, steadyMs } from './rules';

/** Conditions for a service to come back. */
export interface Terms {
  /** Not before this. */
  readonly until: number;
  /** Milliseconds over which all probes must be good. */
  readonly steadyMs: number;
  readonly goodProbes: number;
}

/** Counts the recent trips of a service: each makes the conditions of its return stricter, time in use relaxes them. */
export class Trips {
  private count = 0;
  private inUseSince: number | undefined;

  constructor(
    private readonly limits: JudgeLimits,
    private readonly random: Random,
  ) {}

  /** It is used from now on. */
  startedServing(nowMs: number): void {
    this.inUseSince = nowMs;
  }

  /** It goes out. Counted only when it was in use: otherwise it was not let in too early. */
  tripped(nowMs: number): Terms {
    return this.terms(nowMs, this.countTrip(nowMs));
  }

  /** It is not trusted. The first time there is no waiting period: recovery finds out what is wrong. */
  trippedByWrongData(nowMs: number): Terms {
    const earlier = this.countTrip(nowMs, true);
    return earlier === 0 ? { until: nowMs, steadyMs: 0, goodProbes: 1 } : this.terms(nowMs, earlier - 1);
  }

  clear(): void {
    this.count = 0;
    this.inUseSince = undefined;
  }

  /** Returns the number of earlier trips that still count. */
  private countTrip(nowMs: number, isCounted = this.inUseSince !== undefined): number {
    const inUseMs = this.inUseSince === undefined ? 0 : nowMs - this.inUseSince;
    const earlier = tripsStillCounted(this.count, inUseMs, this.limits);
    this.count = isCounted ? earlier + 1 : earlier;
    this.inUseSince = undefined;
    return earlier;
  }

  private terms(nowMs: number, earlier: number): Terms {
    const { limits, random } = this;
    return {
      until: nowMs + openMs(earlier, random, limits),
      steadyMs: steadyMs(earlier, limits),
      goodProbes: limits.goodProbes,
    };
  }
}
