import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Anomaly, Judgement } from './record-model';

export const PHASES = ['warm', 'fault', 'recovery', 'after'] as const;
export type Phase = (typeof PHASES)[number];

/** One request as it was sent and answered; a line of the history. */
export interface Observation {
  /** Milliseconds since the cell began. */
  readonly at: number;
  readonly ms: number;
  readonly phase: Phase;
  readonly operation: string;
  readonly replica: string;
  readonly key?: string | undefined;
  readonly sequence?: number | undefined;
  readonly outcome: string;
  readonly servedBy?: string | undefined;
  readonly degraded?: boolean | undefined;
  /** `X-Request-Id`, which the replica's log repeats. */
  readonly requestId?: string | undefined;
  /** When it was to be sent; `at` is when it was. */
  readonly due?: number | undefined;
  /** 429, or 503 with `Retry-After`, that is not about a deadline that has passed. */
  readonly isRefusal?: boolean | undefined;
  /** What the answer says became of a write: `not_applied`, `unknown`. */
  readonly applied?: string | undefined;
  /** Milliseconds of `ms` that the server says it took. */
  readonly serverMs?: number | undefined;
  /** Milliseconds of `ms` that the generator itself stood still. */
  readonly ownLag?: number | undefined;
}

export interface Failure {
  readonly at: number;
  readonly phase: Phase;
  readonly operation: string;
  /** `503 unavailable`, `refused`, `reset`, `hung`, … */
  readonly kind: string;
  readonly ms: number;
  readonly isHonest: boolean;
  /** The one that was asked last. */
  readonly replica: string;
  /** Services that had been broken before it ended. */
  readonly broken: readonly string[];
  readonly detail: string;
}

export interface Violation extends Judgement {
  readonly at: number;
  readonly phase: Phase;
  readonly operation: string;
  readonly replica: string;
}

/** Enough for ten minutes at 300 requests a second; beyond, the history has a gap and says so. */
const MOST_OBSERVATIONS = 200_000;
const MOST_KEPT = 200;

/** What the workloads saw. Times are of the monotonic clock. */
export class Recorder {
  phase: Phase = 'warm';
  readonly observations: Observation[] = [];
  readonly failures: Failure[] = [];
  readonly violations: Violation[] = [];
  readonly anomalies = new Map<Anomaly, number>();
  failed = 0;
  /** Requests that were due and not sent, because too many were on their way. */
  heldBack = 0;
  /** Answers that were behind and said so, while the record's own store was gone. */
  admitted = 0;
  /** How late this very process was: no fault of those that it measures. */
  readonly ownLag = monitorEventLoopDelay({ resolution: 10 });
  private readonly begunAt = performance.now();
  private due: number | undefined;
  private readonly brokenSoFar = new Set<string>();
  private requests = 0;
  private readonly idPrefix = randomBytes(4).toString('hex');

  /** When the next request was to be sent: whoever begins one late says so. */
  set nextDue(due: number) {
    this.due = due;
  }

  /** Of the first request alone: what follows from its answer is due when it comes. */
  takeDue(): number | undefined {
    const { due } = this;
    this.due = undefined;
    return due;
  }

  /** Services, and ways to them, that the cell has broken so far. */
  get broken(): readonly string[] {
    return [...this.brokenSoFar];
  }

  breaks(service: string): void {
    this.brokenSoFar.add(service);
  }

  nextRequestId(): string {
    return `${this.idPrefix}-${(this.requests += 1)}`;
  }

  /** When it began, in milliseconds since the epoch by the monotonic clock: two processes on one machine share it. */
  get epochMs(): number {
    return performance.timeOrigin + this.begunAt;
  }

  now(): number {
    return performance.now() - this.begunAt;
  }

  /** The phase of a request that ends now: one that was on its way when the fault struck has met the fault. */
  phaseSince(begun: Phase): Phase {
    return begun === 'warm' ? this.phase : begun;
  }

  observe(observation: Observation): void {
    if (this.observations.length < MOST_OBSERVATIONS) this.observations.push(observation);
  }

  fail(failure: Failure): void {
    this.failed += 1;
    if (this.failures.length < MOST_OBSERVATIONS) this.failures.push(failure);
  }

  violate(violation: Violation): void {
    this.anomalies.set(violation.anomaly, (this.anomalies.get(violation.anomaly) ?? 0) + 1);
    if (this.violations.length < MOST_KEPT) this.violations.push(violation);
  }

  /** Milliseconds within which `share` of the requests of a phase ended; `undefined` when there were none. */
  percentile(phase: Phase, share: number, operations: (operation: string) => boolean): number | undefined {
    const times = this.observations.filter((seen) => seen.phase === phase && operations(seen.operation));
    const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  }

  longest(): Observation | undefined {
    return this.observations.reduce<Observation | undefined>(
      (longest, seen) => (longest && longest.ms >= seen.ms ? longest : seen),
      undefined,
    );
  }
}
