import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { DEFAULT_DEADLINE_MS, remainingMs } from '../common/deadline';
import { overloaded, shareExceeded, ZeroDbError } from '../common/errors';
import type { Caller, Scope } from '../common/scope';
import {
  admissionConfig,
  filesConfig,
  rateLimitConfig,
  type AdmissionSettings,
  type FilesSettings,
  type RateLimitSettings,
} from '../config';
import { Metrics } from '../telemetry/metrics';
import { AdmissionMetrics } from './admission-metrics';
import { GATED, HELD_KINDS, isGated, KIND_NAMES, type GatedKind, type HeldKind, type RequestKind } from './kinds';
import { AdaptiveLimit } from './limits/adaptive-limit';
import { processClock } from './limits/clock';
import { Gate, type Place } from './limits/gate';
import { watchLoopDelay } from './loop-delay';
import { RequestRates } from './rates/request-rates';
import { Shares } from './shares/shares';

/** What a request without a deadline, or with a long one, may wait as if it had this one: its client is to be told soon. */
const PATIENT_MS = DEFAULT_DEADLINE_MS;
const LOG_EVERY_MS = 5_000;
/** Refusals come in floods: whoever can refuse for less does so for this long after one. */
const REFUSING_MS = 1_000;

/** Downloads, polls, and requests that hold others: bounded because each costs memory, not because they cost time. */
const PLACES = { downloads: 512, polls: 2_000, envelopes: 1_000, listeners: 256, projections: 8 };

const CAPACITY_ERRORS: ReadonlySet<string> = new Set(['deadline_exceeded', 'overloaded']);

interface Limiter {
  readonly limit: AdaptiveLimit;
  readonly gate: Gate;
}

/** Decides what is worked on, what waits and what is refused; the one place that knows how much the process can do. */
@Injectable()
export class Admission implements OnModuleDestroy {
  private readonly log = new Logger(Admission.name);
  private readonly limiters = new Map<GatedKind, Limiter>();
  private readonly shares = new Map<HeldKind, Shares>();
  private readonly rates: RequestRates;
  private readonly metrics: AdmissionMetrics;
  private readonly isOn: boolean;
  private readonly unwatch: () => void;
  private refusalsSinceLog = 0;
  private loggedAt = -LOG_EVERY_MS;
  private refusedAt = -REFUSING_MS;
  private isBlind = (): boolean => false;

  constructor(
    @Inject(admissionConfig.KEY) admission: AdmissionSettings,
    @Inject(filesConfig.KEY) files: FilesSettings,
    @Inject(rateLimitConfig.KEY) rateLimit: RateLimitSettings,
    { registry }: Metrics,
  ) {
    this.isOn = admission.mode === 'on';
    this.rates = new RequestRates(rateLimit);
    for (const kind of Object.keys(GATED) as GatedKind[]) this.limiters.set(kind, this.createLimiter(kind));
    const { maxStreams: streams, maxTransfers: transfers } = admission;
    const places: Record<HeldKind, number> = { ...PLACES, uploads: files.maxUploads, streams, transfers };
    for (const kind of HELD_KINDS) this.shares.set(kind, new Shares(places[kind]));
    this.metrics = new AdmissionMetrics(registry, {
      gates: () => this.gateFigures(),
      shares: () => [...this.shares].map(([kind, { total, inUse }]) => ({ kind, total, inUse })),
    });
    this.unwatch = watchLoopDelay(() => this.reduceLimits());
  }

  onModuleDestroy(): void {
    this.unwatch();
  }

  /** Whether something was refused in the last second. */
  get isRefusing(): boolean {
    return performance.now() - this.refusedAt < REFUSING_MS;
  }

  /** While `isGone` reports that Postgres is down, waiting requests say nothing about the process's capacity. */
  ignoreTimingsWhile(isGone: () => boolean): void {
    this.isBlind = isGone;
  }

  /** Charges the caller's budget of requests. Throws `rate_limited`. Returns headers of the answer. */
  charge(caller: Caller, count = 1): Record<string, string> {
    try {
      return this.rates.charge(caller, count);
    } catch (error) {
      this.count('any', 'rate');
      throw error;
    }
  }

  /** Throws `overloaded` or `share_exceeded` when a request would be refused now: before its body is worth reading. */
  mustBeAdmissible(kind: RequestKind, scope: Scope, leftMs = PATIENT_MS): void {
    if (this.wouldRefuse(kind, scope, leftMs)) throw this.refusalOf(kind as GatedKind, scope);
  }

  /** The error for a request of which `wouldRefuse` is true. */
  refusalOf(kind: GatedKind, { projectId }: Scope): Error {
    return this.limiter(kind).gate.refusalOf(projectId);
  }

  /** Whether a request with so many milliseconds left would be refused now. */
  wouldRefuse(kind: RequestKind, { projectId }: Scope, leftMs: number): boolean {
    if (!this.isOn || !isGated(kind)) return false;
    return this.limiter(kind).gate.wouldRefuse(projectId, Math.min(PATIENT_MS, leftMs));
  }

  /**
   * Runs `work` when there is a place for it. Throws `overloaded` or `share_exceeded`, with nothing done, when there is
   * none in its time; the time is what is left of the signal's deadline.
   */
  async run<T>(
    kind: RequestKind,
    operation: string,
    { projectId }: Scope,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    if (!this.isOn || !isGated(kind)) return await work();
    const { gate, limit } = this.limiter(kind);
    const leftMs = Math.min(PATIENT_MS, remainingMs(signal, PATIENT_MS));
    const entered = gate.acquire(projectId, leftMs, signal);
    const place = entered instanceof Promise ? await entered : entered;
    try {
      const result = await work();
      this.served(limit, operation, place);
      return result;
    } catch (error) {
      // Overloaded although it was let in: it waited for a connection to Postgres until its time was over.
      if (error instanceof ZeroDbError && CAPACITY_ERRORS.has(error.code))
        limit.ranOut(place.since, processClock.now());
      throw error;
    } finally {
      gate.release(place);
    }
  }

  /** Takes a place that lasts. Returns the function that frees it. Throws `share_exceeded` or `overloaded`. */
  acquire(kind: HeldKind, { projectId }: Scope): () => void {
    const shares = this.shares.get(kind);
    const leave = shares?.take(projectId);
    if (leave) return leave;
    throw this.refusal(kind, shares?.refusal(projectId) === 'total' ? 'overloaded' : 'share');
  }

  /** Throws what `acquire` would throw, and takes nothing. */
  mustHaveFreePlace(kind: HeldKind, scope: Scope): void {
    this.acquire(kind, scope)();
  }

  /** A wrong key was not looked up, as its address tried too many. */
  refusedWrongKey(): void {
    this.count('any', 'wrong_keys');
  }

  private served(limit: AdaptiveLimit, operation: string, { since }: Place): void {
    const now = processClock.now();
    limit.served(operation, now - since, now);
  }

  private limiter(kind: GatedKind): Limiter {
    return this.limiters.get(kind) as Limiter;
  }

  private createLimiter(kind: GatedKind): Limiter {
    const limit = new AdaptiveLimit(GATED[kind], processClock.now(), () => this.isBlind());
    const refuse = (refusal: 'share' | 'overloaded'): Error => this.refusal(kind, refusal);
    return { limit, gate: new Gate({ limit, clock: processClock, refuse }) };
  }

  private reduceLimits(): void {
    for (const { limit } of this.limiters.values()) limit.reduceForLag();
  }

  private refusal(kind: GatedKind | HeldKind, reason: 'share' | 'overloaded'): Error {
    this.count(kind, reason);
    return reason === 'share' ? shareExceeded(KIND_NAMES[kind]) : overloaded(KIND_NAMES[kind]);
  }

  /** One line for many: what is refused under load must not fill the log, too. */
  private count(kind: string, reason: string): void {
    this.metrics.refused(kind, reason);
    this.refusalsSinceLog += 1;
    const now = performance.now();
    this.refusedAt = now;
    if (now - this.loggedAt < LOG_EVERY_MS) return;
    this.log.warn(
      `Requests are refused: ${this.refusalsSinceLog} since this was last told, now one of ${kind} (${reason}).`,
    );
    this.refusalsSinceLog = 0;
    this.loggedAt = now;
  }

  private gateFigures(): { kind: string; limit: number; inFlight: number; waiting: number }[] {
    return [...this.limiters].map(([kind, { gate, limit }]) => ({
      kind,
      limit: limit.value,
      inFlight: gate.inFlight,
      waiting: gate.inLine,
    }));
  }
}
