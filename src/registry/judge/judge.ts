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
  /** Whether the service has to be brought level before it serves. */
  readonly recovers: boolean;
  readonly onChange: (change: Change) => void;
}

/** What a probe found. `wrong_data`: it answers, but not with our data. */
export type ProbeResult =
  { readonly kind: 'good'; readonly ms: number } | { readonly kind: 'bad'; readonly fault: ServiceFault };

/**
 * Decides whether one service is used. It hears of calls, probes and operators, and holds no timer of its own: every
 * method is told the time. Nothing else in the product decides this.
 */
export class Judge {
  private phase: Phase = { name: 'starting' };
  private text = 'not probed yet';
  private readonly probes: ProbeRecord;
  private readonly reads: DirectionRecord;
  private readonly writes: DirectionRecord;
  private readonly breaker: WriteBreaker;
  private readonly trips: Trips;
  /** After calls took it out a probe must be quicker than what their callers call slow. */
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

  /** Whether it waits to be brought level. */
  get isCatchingUp(): boolean {
    return this.phase.name === 'recovering' && this.phase.stage === 'catching_up';
  }

  get isOnTrial(): boolean {
    return this.phase.name === 'doubted' && this.phase.trial;
  }

  /** How soon it should be probed: `soon` while a decision hangs on it, `rarely` when only an operator can help. */
  get probing(): 'soon' | 'normal' | 'rarely' {
    if (this.phase.name === 'drained') return 'rarely';
    if (this.hasWrongSettings && !isInUse(this.phase)) return 'rarely';
    const isComingBack = !isInUse(this.phase) && this.probes.good > 0;
    const isGoing = this.probes.bad > 0 && this.phase.name !== 'out';
    return isComingBack || isGoing ? 'soon' : 'normal';
  }

  admits(direction: Direction, nowMs: number): boolean {
    if (nowMs < this.pausedUntil[direction]) return false;
    if (direction === 'read') return isInUse(this.phase);
    return (isInUse(this.phase) || this.phase.name === 'recovering') && this.breaker.admits(nowMs);
  }

  /** Why it admits nothing of this direction now, for whoever was refused. */
  refusal(direction: Direction, nowMs: number): string {
    const isPaused = nowMs < this.pausedUntil[direction];
    return isPaused ? 'it asked to be left alone for a while' : `it is ${this.state} (${this.text})`;
  }

  /** A call goes through. Returns what must be called when it has ended, however it ended. */
  enter(direction: Direction, nowMs: number): () => void {
    const isTrial = direction === 'write' && this.breaker.enter(nowMs);
    return isTrial ? () => this.breaker.leave() : nothing;
  }

  /** A call ended. `slowMs` is what its caller calls slow. */
  heard(direction: Direction, outcome: Outcome, slowMs: number, nowMs: number): void {
    if (outcome.kind === 'ignored' || this.phase.name === 'drained') return;
    if (outcome.kind === 'fault') this.pause(direction, outcome.fault, nowMs);
    if (outcome.kind === 'fault' && outcome.fault.kind === 'wrong_data') {
      this.distrust(outcome.fault.message, nowMs);
      return;
    }
    this.record(direction).add(outcome, nowMs);
    if (direction === 'write') this.judgeWrites(outcome, nowMs);
    else if (isInUse(this.phase)) this.judgeReads(outcome, slowMs, nowMs);
    this.reconsider(nowMs);
  }

  probed(result: ProbeResult, nowMs: number): void {
    if (result.kind === 'good') this.probedWell(result.ms, nowMs);
    else this.probedBadly(result.fault, nowMs);
    this.reconsider(nowMs);
  }

  /** Something that only a caller can see is wrong with it: out at once, whatever the numbers say. */
  distrust(reason: string, nowMs: number): void {
    if (this.canBeDistrusted) this.goOut(this.trips.distrusted(nowMs), reason);
  }

  /** It is level with the record. One more probe, made after this, lets it serve. */
  recovered(): void {
    if (this.phase.name !== 'recovering') return;
    this.probes.clear();
    this.become({ ...this.phase, stage: 'confirming' }, this.text);
  }

  /** It could not be brought level; another attempt follows while it answers. */
  notRecovered(reason: string): void {
    if (this.phase.name === 'recovering') this.text = reason;
  }

  drain(reason: string): void {
    if (this.phase.name !== 'drained') this.become({ name: 'drained' }, reason);
  }

  restore(reason: string, nowMs: number): void {
    if (this.phase.name !== 'drained') return;
    this.trips.clear();
    this.forget(nowMs);
    this.probes.clear();
    this.become({ name: 'starting' }, reason);
  }

  /** One that is out is out; and what recovery itself comes upon while it works is its own business. */
  private get canBeDistrusted(): boolean {
    return isInUse(this.phase) || (this.phase.name === 'recovering' && this.phase.stage === 'confirming');
  }

  private judgeReads(outcome: Outcome, slowMs: number, nowMs: number): void {
    const evidence = this.reads.evidence(nowMs);
    const reason = outcome.kind === 'good' ? undefined : tripReason(evidence, this.isOnTrial, this.options.limits);
    if (reason === undefined) return;
    this.quickMs = slowMs;
    this.goOut(this.trips.ended(nowMs), withCause(reason, outcome));
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
    this.doubt(`writes are held back: ${withCause(reason ?? 'still failing', outcome)}`, nowMs);
  }

  private probedWell(ms: number, nowMs: number): void {
    this.hasWrongSettings = false;
    if (this.phase.name === 'out' && ms > Math.max(this.quickMs, 2 * this.probes.usualMs)) {
      this.probes.addBad(1);
      this.text = `still slow: a probe took ${Math.round(ms)} ms`;
      return;
    }
    this.probes.addGood(nowMs, ms);
  }

  private probedBadly(fault: ServiceFault, nowMs: number): void {
    const { phase } = this;
    // What a service without our data needs is not patience but recovery.
    if (fault.kind === 'wrong_data' && this.options.recovers) {
      this.probedWrong(fault, nowMs);
      return;
    }
    this.probes.addBad(weightOf(fault));
    this.hasWrongSettings = isOfSettings(fault);
    if (phase.name === 'drained') return;
    if (phase.name === 'out' || phase.name === 'starting') this.text = fault.message;
    else if (this.hasWrongSettings || this.probes.bad >= this.patience) {
      this.goOut(this.trips.ended(nowMs), fault.message);
    } else this.doubt(`a probe failed: ${fault.message}`, nowMs);
  }

  /** Bad probes in a row that put it out. */
  private get patience(): number {
    const { badProbes, badProbesRecovering } = this.options.limits;
    return this.phase.name === 'recovering' ? badProbesRecovering : badProbes;
  }

  private probedWrong(fault: ServiceFault, nowMs: number): void {
    this.probes.addGood(nowMs, Number.POSITIVE_INFINITY);
    if (this.phase.name === 'out' || this.phase.name === 'starting') this.text = fault.message;
    this.distrust(fault.message, nowMs);
  }

  private goOut(terms: Terms, reason: string): void {
    this.probes.breakRow();
    this.become({ name: 'out', terms }, reason);
  }

  private doubt(reason: string, nowMs: number): void {
    if (this.phase.name === 'serving') this.become({ name: 'doubted', since: nowMs, trial: false }, reason);
    else if (this.phase.name === 'doubted') this.text = reason;
  }

  /** Moves on where the evidence allows it. */
  private reconsider(nowMs: number): void {
    switch (this.phase.name) {
      case 'starting':
        if (this.probes.good > 0) this.comeBack(false, 'answers', nowMs);
        return;
      case 'out':
        if (this.meets(this.phase.terms, nowMs)) this.comeBack(true, 'answers again', nowMs);
        return;
      case 'recovering':
        if (this.phase.stage === 'confirming' && this.probes.good > 0) this.serve(this.phase.afterTrip, nowMs);
        return;
      case 'serving':
        if (isDoubtful(this.reads.evidence(nowMs), this.options.limits)) this.doubt('some calls fail', nowMs);
        return;
      case 'doubted':
        this.reassure(this.phase, nowMs);
        return;
      case 'drained':
        return;
    }
  }

  private meets(terms: Terms, nowMs: number): boolean {
    return nowMs >= terms.until && this.probes.good >= terms.goodProbes && this.probes.steadyMs >= terms.steadyMs;
  }

  private comeBack(afterTrip: boolean, reason: string, nowMs: number): void {
    this.forget(nowMs);
    if (this.options.recovers) this.become({ name: 'recovering', stage: 'catching_up', afterTrip }, reason);
    else this.serve(afterTrip, nowMs);
  }

  private serve(onTrial: boolean, nowMs: number): void {
    this.trips.began(nowMs);
    if (onTrial) this.become({ name: 'doubted', since: nowMs, trial: true }, 'back, on trial');
    else this.become({ name: 'serving' }, 'answers');
  }

  private reassure(phase: Extract<Phase, { name: 'doubted' }>, nowMs: number): void {
    const { limits } = this.options;
    const { tally } = this.reads.evidence(nowMs);
    const heldMs = nowMs - phase.since;
    const isProven = tally.calls >= limits.trialCalls && tally.calls - tally.faults >= tally.calls * limits.trialShare;
    if (phase.trial && (isProven || heldMs >= limits.trialMs)) this.phase = { ...phase, trial: false };
    const isHeld = heldMs < (phase.trial && isProven ? 0 : limits.suspectMs);
    if (isHeld || this.probes.bad > 0 || !this.breaker.isClosed) return;
    const both = [this.reads, this.writes].map((record) => record.evidence(nowMs));
    if (both.every((evidence) => isClean(evidence, limits))) this.become({ name: 'serving' }, 'well');
  }

  private pause(direction: Direction, { retryAfterMs }: ServiceFault, nowMs: number): void {
    if (retryAfterMs === undefined) return;
    this.pausedUntil[direction] = nowMs + Math.min(retryAfterMs, this.options.limits.maxPauseMs);
  }

  private forget(nowMs: number): void {
    this.reads.clear(nowMs);
    this.writes.clear(nowMs);
    this.breaker.close(nowMs);
    this.quickMs = Number.POSITIVE_INFINITY;
  }

  private record(direction: Direction): DirectionRecord {
    return direction === 'read' ? this.reads : this.writes;
  }

  private become(phase: Phase, reason: string): void {
    const [from, to] = [this.state, stateOf(phase)];
    this.phase = phase;
    this.text = reason;
    if (from !== to) this.options.onChange({ from, to, reason });
  }
}

const nothing = (): void => undefined;

const withCause = (reason: string, outcome: Outcome): string =>
  outcome.kind === 'fault' ? `${reason}; the last: ${outcome.fault.message}` : reason;
