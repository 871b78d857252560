import type { ServiceFault } from '../../common/service-fault';
import type { Direction, ServiceState } from '../service';
import type { Random } from '../time';
import { DirectionRecord } from './direction-record';
import type { JudgeLimits } from './limits';
import { isOfSettings, weightOf, type Outcome } from './outcome';
import { isInUse, stateOf, type Phase } from './phase';
import { ProbeRecord } from './probe-record';
import { isClean, isDoubtful, tripReason } from './rules';
import { Trips, type Terms } from './trips';
import { WriteBreaker } from './write-breaker';

export interface Change {
  readonly from: ServiceState;
  readonly to: ServiceState;
  readonly reason: string;
}

export interface JudgeOptions {
  readonly limits: JudgeLimits;
  readonly random: Random;
  /** Whether the service must catch up before it serves. */
  readonly recovers: boolean;
  readonly onChange: (change: Change) => void;
}

/** The result of a probe. `wrong_data`: the service answers, but not with our data. */
export type ProbeResult =
  { readonly kind: 'good'; readonly ms: number } | { readonly kind: 'bad'; readonly fault: ServiceFault };

/**
 * Decides whether one service is used, from calls, probes and operators' commands. It has no timer: every method takes
 * the time. Nothing else in the product makes this decision.
 */
export class Judge {
  private phase: Phase = { name: 'starting' };
  private text = 'not probed yet';
  private readonly probes: ProbeRecord;
  private readonly reads: DirectionRecord;
  private readonly writes: DirectionRecord;
  private readonly breaker: WriteBreaker;
  private readonly trips: Trips;
  /** After slow calls took the service out, a probe must be quicker than their `slowMs`. */
  private quickMs = Number.POSITIVE_INFINITY;
  private readonly pausedUntil = { read: 0, write: 0 };
  private hasWrongSettings = false;

  constructor(
    private readonly options: JudgeOptions,
    nowMs: number,
  ) {
    this.probes = new ProbeRecord(options.limits.probeGapMs);
    this.reads = new DirectionRecord(nowMs);
    this.writes = new DirectionRecord(nowMs);
    this.breaker = new WriteBreaker(options.limits, options.random);
    this.trips = new Trips(options.limits, options.random);
  }

  get state(): ServiceState {
    return stateOf(this.phase);
  }

  /** Why the service is in this state, for operators. */
  get reason(): string {
    return this.text;
  }

  /** Whether it waits for recovery. */
  get isCatchingUp(): boolean {
    return this.phase.name === 'recovering' && this.phase.stage === 'catching_up';
  }

  get isOnTrial(): boolean {
    return this.phase.name === 'suspect' && this.phase.trial;
  }

  /** How soon to probe: `soon` while a decision depends on it, `rarely` when only an operator can help. */
  get probing(): 'soon' | 'normal' | 'rarely' {
    if (this.phase.name === 'drained') return 'rarely';
    if (this.hasWrongSettings && !isInUse(this.phase)) return 'rarely';
    const isComingBack = !isInUse(this.phase) && this.probes.good > 0;
    const isGoing = this.probes.bad > 0 && this.phase.name !== 'down';
    return isComingBack || isGoing ? 'soon' : 'normal';
  }

  admits(direction: Direction, nowMs: number): boolean {
    if (nowMs < this.pausedUntil[direction]) return false;
    if (direction === 'read') return isInUse(this.phase);
    return (isInUse(this.phase) || this.phase.name === 'recovering') && this.breaker.admits(nowMs);
  }

  /** Why calls of this direction are refused now. */
  refusalReason(direction: Direction, nowMs: number): string {
    const isPaused = nowMs < this.pausedUntil[direction];
    return isPaused ? 'it asked for a pause' : `it is ${this.state} (${this.text})`;
  }

  /** Records the start of a call. Returns the function to call when it has ended, however it ended. */
  startCall(direction: Direction, nowMs: number): () => void {
    const isTrial = direction === 'write' && this.breaker.startTrial(nowMs);
    return isTrial ? () => this.breaker.endTrial() : noop;
  }

  /** Records the end of a call. `slowMs` is its caller's threshold for a slow answer. */
  recordCall(direction: Direction, outcome: Outcome, slowMs: number, nowMs: number): void {
    if (outcome.kind === 'ignored' || this.phase.name === 'drained') return;
    if (outcome.kind === 'fault') this.applyRetryAfter(direction, outcome.fault, nowMs);
    if (outcome.kind === 'fault' && outcome.fault.kind === 'wrong_data') {
      this.trip(outcome.fault.message, nowMs);
      return;
    }
    this.record(direction).add(outcome, nowMs);
    if (direction === 'write') this.judgeWrites(outcome, nowMs);
    else if (isInUse(this.phase)) this.judgeReads(outcome, slowMs, nowMs);
    this.reevaluate(nowMs);
  }

  probed(result: ProbeResult, nowMs: number): void {
    if (result.kind === 'good') this.probedWell(result.ms, nowMs);
    else this.probedBadly(result.fault, nowMs);
    this.reevaluate(nowMs);
  }

  /** Takes the service out at once, for a fault that only a caller can see. */
  trip(reason: string, nowMs: number): void {
    if (this.canTrip) this.goDown(this.trips.trippedByWrongData(nowMs), reason);
  }

  /** The service has caught up with the record. One more good probe after this lets it serve. */
  recovered(): void {
    if (this.phase.name !== 'recovering') return;
    this.probes.clear();
    this.transitionTo({ ...this.phase, stage: 'confirming' }, this.text);
  }

  /** Recovery failed; another attempt follows while the service answers. */
  notRecovered(reason: string): void {
    if (this.phase.name === 'recovering') this.text = reason;
  }

  drain(reason: string): void {
    if (this.phase.name !== 'drained') this.transitionTo({ name: 'drained' }, reason);
  }

  restore(reason: string, nowMs: number): void {
    if (this.phase.name !== 'drained') return;
    this.trips.clear();
    this.clearEvidence(nowMs);
    this.probes.clear();
    this.transitionTo({ name: 'starting' }, reason);
  }

  /** A service that is out cannot go out again, and recovery handles what it finds itself. */
  private get canTrip(): boolean {
    return isInUse(this.phase) || (this.phase.name === 'recovering' && this.phase.stage === 'confirming');
  }

  private judgeReads(outcome: Outcome, slowMs: number, nowMs: number): void {
    const evidence = this.reads.evidence(nowMs);
    const reason = outcome.kind === 'good' ? undefined : tripReason(evidence, this.isOnTrial, this.options.limits);
    if (reason === undefined) return;
    this.quickMs = slowMs;
    this.goDown(this.trips.tripped(nowMs), withCause(reason, outcome));
  }

  private judgeWrites(outcome: Outcome, nowMs: number): void {
    if (outcome.kind !== 'fault') {
      if (!this.breaker.isClosed) this.writes.clear(nowMs);
      this.breaker.close(nowMs);
      return;
    }
    const reason = tripReason(this.writes.evidence(nowMs), this.isOnTrial, this.options.limits);
    if (this.breaker.isClosed && reason === undefined) return;
    this.breaker.trip(nowMs);
    this.writes.clear(nowMs);
    this.markSuspect(`writes are held back: ${withCause(reason ?? 'still failing', outcome)}`, nowMs);
  }

  private probedWell(ms: number, nowMs: number): void {
    this.hasWrongSettings = false;
    if (this.phase.name === 'down' && ms > Math.max(this.quickMs, 2 * this.probes.usualMs)) {
      this.probes.addBad(1);
      this.text = `still slow: a probe took ${Math.round(ms)} ms`;
      return;
    }
    this.probes.addGood(nowMs, ms);
  }

  private probedBadly(fault: ServiceFault, nowMs: number): void {
    const { phase } = this;
    // A service without our data needs recovery, not more probes.
    if (fault.kind === 'wrong_data' && this.options.recovers) {
      this.probedWrong(fault, nowMs);
      return;
    }
    this.probes.addBad(weightOf(fault));
    this.hasWrongSettings = isOfSettings(fault);
    if (phase.name === 'drained') return;
    if (phase.name === 'down' || phase.name === 'starting') this.text = fault.message;
    else if (this.hasWrongSettings || this.probes.bad >= this.maxBadProbes) {
      this.goDown(this.trips.tripped(nowMs), fault.message);
    } else this.markSuspect(`a probe failed: ${fault.message}`, nowMs);
  }

  /** Bad probes in a row that put it out. */
  private get maxBadProbes(): number {
    const { badProbes, badProbesRecovering } = this.options.limits;
    return this.phase.name === 'recovering' ? badProbesRecovering : badProbes;
  }

  private probedWrong(fault: ServiceFault, nowMs: number): void {
    this.probes.addGood(nowMs, Number.POSITIVE_INFINITY);
    if (this.phase.name === 'down' || this.phase.name === 'starting') this.text = fault.message;
    this.trip(fault.message, nowMs);
  }

  private goDown(terms: Terms, reason: string): void {
    this.probes.resetGood();
    this.transitionTo({ name: 'down', terms }, reason);
  }

  private markSuspect(reason: string, nowMs: number): void {
    if (this.phase.name === 'serving') this.transitionTo({ name: 'suspect', since: nowMs, trial: false }, reason);
    else if (this.phase.name === 'suspect') this.text = reason;
  }

  /** Changes the phase where the evidence allows it. */
  private reevaluate(nowMs: number): void {
    switch (this.phase.name) {
      case 'starting':
        if (this.probes.good > 0) this.comeBack(false, 'answers', nowMs);
        return;
      case 'down':
        if (this.meetsReturnTerms(this.phase.terms, nowMs)) this.comeBack(true, 'answers again', nowMs);
        return;
      case 'recovering':
        if (this.phase.stage === 'confirming' && this.probes.good > 0) this.startServing(this.phase.afterTrip, nowMs);
        return;
      case 'serving':
        if (isDoubtful(this.reads.evidence(nowMs), this.options.limits)) this.markSuspect('some calls fail', nowMs);
        return;
      case 'suspect':
        this.clearSuspicion(this.phase, nowMs);
        return;
      case 'drained':
        return;
    }
  }

  private meetsReturnTerms(terms: Terms, nowMs: number): boolean {
    return nowMs >= terms.until && this.probes.good >= terms.goodProbes && this.probes.steadyMs >= terms.steadyMs;
  }

  private comeBack(afterTrip: boolean, reason: string, nowMs: number): void {
    this.clearEvidence(nowMs);
    if (this.options.recovers) this.transitionTo({ name: 'recovering', stage: 'catching_up', afterTrip }, reason);
    else this.startServing(afterTrip, nowMs);
  }

  private startServing(onTrial: boolean, nowMs: number): void {
    this.trips.startedServing(nowMs);
    if (onTrial) this.transitionTo({ name: 'suspect', since: nowMs, trial: true }, 'back, on trial');
    else this.transitionTo({ name: 'serving' }, 'answers');
  }

  private clearSuspicion(phase: Extract<Phase, { name: 'suspect' }>, nowMs: number): void {
    const { limits } = this.options;
    const { tally } = this.reads.evidence(nowMs);
    const heldMs = nowMs - phase.since;
    const isProven = tally.calls >= limits.trialCalls && tally.calls - tally.faults >= tally.calls * limits.trialShare;
    if (phase.trial && (isProven || heldMs >= limits.trialMs)) this.phase = { ...phase, trial: false };
    const isHeld = heldMs < (phase.trial && isProven ? 0 : limits.suspectMs);
    if (isHeld || this.probes.bad > 0 || !this.breaker.isClosed) return;
    const both = [this.reads, this.writes].map((record) => record.evidence(nowMs));
    if (both.every((evidence) => isClean(evidence, limits))) this.transitionTo({ name: 'serving' }, 'well');
  }

  private applyRetryAfter(direction: Direction, { retryAfterMs }: ServiceFault, nowMs: number): void {
    if (retryAfterMs === undefined) return;
    this.pausedUntil[direction] = nowMs + Math.min(retryAfterMs, this.options.limits.maxPauseMs);
  }

  private clearEvidence(nowMs: number): void {
    this.reads.clear(nowMs);
    this.writes.clear(nowMs);
    this.breaker.close(nowMs);
    this.quickMs = Number.POSITIVE_INFINITY;
  }

  private record(direction: Direction): DirectionRecord {
    return direction === 'read' ? this.reads : this.writes;
  }

  private transitionTo(phase: Phase, reason: string): void {
    const [from, to] = [this.state, stateOf(phase)];
    this.phase = phase;
    this.text = reason;
    if (from !== to) this.options.onChange({ from, to, reason });
  }
}

const noop = (): void => undefined;

const withCause = (reason: string, outcome: Outcome): string =>
  outcome.kind === 'fault' ? `${reason}; the last: ${outcome.fault.message}` : reason;
