import { ServiceFault } from '../common/service-fault';
import { boundedCall, type Ending } from './bounded-call';
import type { Judge } from './judge/judge';
import { IMPATIENT_MS } from './judge/limits';
import {
  IGNORED,
  outcomeOfAbandoned,
  outcomeOfAnswer,
  outcomeOfError,
  countsAsTimeout,
  type Outcome,
} from './judge/outcome';
import { RollingWindow } from './judge/rolling-window';
import { LatencyWindow } from './latency-window';
import type { CallOutcome, RegistryFigures } from './registry-metrics';
import type { CallOptions, Direction, ServiceGate, ServiceName, ServiceState } from './service';
import type { Time } from './time';

const DEFAULT_MAX_IN_FLIGHT = 20;
/** The share of a call's time after which an answer counts as slow. */
const SLOW_SHARE = 0.8;
/** A service on trial gets only a part of its usual calls. */
const TRIAL_SHARE = 0.25;

export interface WatchedGateOptions {
  readonly name: ServiceName;
  readonly judge: Judge;
  readonly time: Time;
  readonly metrics: RegistryFigures;
  readonly maxInFlight?: number | undefined;
  /** Called after each report to the judge, to act on its decisions. */
  readonly onHeard: () => void;
}

/** The gate to one service. Calls pass or are refused at once; none wait here. */
export class WatchedGate implements ServiceGate {
  readonly name: ServiceName;
  readonly reads = new LatencyWindow();
  readonly writes = new LatencyWindow();
  /** A minute of calls, for display; the judge has its own window. */
  readonly recent = new RollingWindow(12, 5_000);
  private readonly maxInFlight: number;
  private flying = 0;

  constructor(private readonly options: WatchedGateOptions) {
    this.name = options.name;
    this.maxInFlight = options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT;
  }

  get state(): ServiceState {
    return this.options.judge.state;
  }

  get inFlight(): number {
    return this.flying;
  }

  get p95Ms(): number | undefined {
    return this.reads.percentiles(this.options.time.now())?.p95;
  }

  admits(direction: Direction): boolean {
    return this.options.judge.admits(direction, this.options.time.now());
  }

  async run<T>(direction: Direction, call: (signal: AbortSignal) => Promise<T>, options: CallOptions): Promise<T> {
    options.signal?.throwIfAborted();
    const leave = this.startCall(direction);
    try {
      const ending = await boundedCall(this.options.time, call, options);
      this.report(direction, ending, options);
      return this.unwrap(ending, options);
    } finally {
      leave();
    }
  }

  trip(reason: string): void {
    this.options.judge.trip(reason, this.options.time.now());
    this.options.onHeard();
  }

  /** Takes a place. Returns the function that frees it. */
  private startCall(direction: Direction): () => void {
    const { judge, time, metrics } = this.options;
    const refusal = this.refusalReason(direction);
    if (refusal !== undefined) {
      metrics.call(this.name, direction, 'refused');
      throw new ServiceFault(this.name, 'not_admitted', refusal);
    }
    const leaveJudge = judge.startCall(direction, time.now());
    metrics.inFlight(this.name, (this.flying += 1));
    return () => {
      leaveJudge();
      metrics.inFlight(this.name, (this.flying -= 1));
    };
  }

  private refusalReason(direction: Direction): string | undefined {
    const { judge, time } = this.options;
    if (!this.admits(direction)) {
      return `${this.name} accepts no ${direction}s: ${judge.refusalReason(direction, time.now())}.`;
    }
    const places = judge.isOnTrial ? Math.ceil(this.maxInFlight * TRIAL_SHARE) : this.maxInFlight;
    return this.flying >= places ? `${this.name} has ${places} calls in flight.` : undefined;
  }

  private report<T>(direction: Direction, ending: Ending<T>, options: CallOptions): void {
    const { judge, time, metrics } = this.options;
    const slowMs = options.slowMs ?? SLOW_SHARE * Math.max(options.timeoutMs, IMPATIENT_MS);
    const outcome = this.outcomeOf(ending, slowMs, options);
    const now = time.now();
    if (ending.how === 'answered') (direction === 'read' ? this.reads : this.writes).add(now, ending.elapsedMs);
    if (outcome.kind !== 'ignored') this.recent.add(now, tallyOf(outcome));
    metrics.call(this.name, direction, COUNTED_AS[outcome.kind]);
    metrics.duration(this.name, direction, ending.elapsedMs);
    judge.recordCall(direction, outcome, slowMs, now);
    this.options.onHeard();
  }

  private outcomeOf<T>(ending: Ending<T>, slowMs: number, options: CallOptions): Outcome {
    const waitedMs = ending.elapsedMs - ending.lagMs;
    switch (ending.how) {
      case 'answered':
        return outcomeOfAnswer(waitedMs, slowMs);
      case 'abandoned':
        return outcomeOfAbandoned(waitedMs, slowMs);
      case 'failed':
        return this.fairly(outcomeOfError(ending.error), ending, options);
      case 'late':
        return this.fairly(outcomeOfError(this.lateFault(options.timeoutMs)), ending, options);
    }
  }

  /** Neither an impatient caller nor a stall of this process may take a service out for all others. */
  private fairly<T>(outcome: Outcome, ending: Ending<T>, { timeoutMs }: CallOptions): Outcome {
    const isTimeout = outcome.kind === 'fault' && outcome.fault.kind === 'timeout';
    return isTimeout && (timeoutMs < IMPATIENT_MS || !countsAsTimeout(ending)) ? IGNORED : outcome;
  }

  private unwrap<T>(ending: Ending<T>, { timeoutMs }: CallOptions): T {
    switch (ending.how) {
      case 'answered':
        return ending.value;
      case 'failed':
        throw ending.error;
      case 'abandoned':
        throw ending.reason;
      case 'late':
        throw this.lateFault(timeoutMs);
    }
  }

  private lateFault(timeoutMs: number): ServiceFault {
    return new ServiceFault(this.name, 'timeout', `${this.name} did not answer within ${Math.round(timeoutMs)} ms.`, {
      outcomeUnknown: true,
    });
  }
}

const COUNTED_AS: Readonly<Record<Outcome['kind'], CallOutcome>> = {
  good: 'ok',
  slow: 'slow',
  fault: 'failed',
  ignored: 'ignored',
};

const tallyOf = (outcome: Outcome) => ({
  calls: 1,
  faults: outcome.kind === 'fault' ? outcome.weight : 0,
  slow: outcome.kind === 'slow' ? 1 : 0,
});
