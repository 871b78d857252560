import { ApiError, CircuitOpenError, UnreachableError } from './errors';

export interface BreakerSettings {
  /** Failures in a row that open it. Default: 10. */
  readonly failures?: number;
  /** How long it refuses calls before it lets one through as a trial. Default: 5,000. */
  readonly openMs?: number;
}

const FAILURES = 10;
const OPEN_MS = 5_000;
/** What a server, or a proxy in front of it, answers when it cannot serve. A 429 is about the caller. */
const GONE = new Set([502, 503, 504]);

/**
 * Refuses calls without sending them after many failures in a row (no answer, 502, 503, 504), so that a server that is down
 * gets no load and callers no waits. After `openMs`, one call is let through: its result closes or opens the circuit again.
 */
export class Breaker {
  private failures = 0;
  private openUntil = 0;
  private hasTrial = false;

  constructor(private readonly settings: BreakerSettings = {}) {}

  /** Rejects with `CircuitOpenError` while it is open. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const isTrial = this.enter();
    try {
      const result = await work();
      this.failures = 0;
      return result;
    } catch (error) {
      if (isFailure(error)) this.failed();
      // An answer about the request means that the server serves; an aborted call says nothing.
      else if (error instanceof ApiError) this.failures = 0;
      throw error;
    } finally {
      if (isTrial) this.hasTrial = false;
    }
  }

  private enter(): boolean {
    if (this.failures < this.limit) return false;
    const waitMs = this.openUntil - performance.now();
    if (waitMs > 0 || this.hasTrial) throw new CircuitOpenError(Math.max(0, waitMs));
    this.hasTrial = true;
    return true;
  }

  private failed(): void {
    this.failures += 1;
    if (this.failures >= this.limit) this.openUntil = performance.now() + (this.settings.openMs ?? OPEN_MS);
  }

  private get limit(): number {
    return this.settings.failures ?? FAILURES;
  }
}

const isFailure = (error: unknown): boolean =>
  error instanceof UnreachableError || (error instanceof ApiError && GONE.has(error.status));
