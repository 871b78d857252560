import { afterHearing } from './lag-free-timeout';
import type { Time } from './time';

/** What the pulse checks: a dedicated connection, and the time of the last answer on any connection. */
export interface Pulsed {
  ping(signal: AbortSignal): Promise<void>;
  readonly heardAt: number;
}

export interface PulseLimits {
  /** Milliseconds of silence on the dedicated connection, and then on a new one. */
  readonly firstMs: number;
  readonly secondMs: number;
}

/**
 * Tells a slow Postgres from one that is down. A late answer counts as an answer, and so does one on another
 * connection. Only a refused or broken connection, or silence on all of them while this process could receive answers,
 * counts against it. A silent connection is abandoned, and the next check uses a new one.
 */
export class PostgresPulse {
  private isSuspect = false;

  constructor(
    private readonly database: Pulsed,
    private readonly time: Time,
    private readonly limits: PulseLimits,
  ) {}

  /** Resolves when Postgres answers, however slowly. Rejects with the evidence against it. */
  async check(signal: AbortSignal): Promise<void> {
    const askedAt = this.time.now();
    try {
      await this.ping(signal);
      this.isSuspect = false;
    } catch (error) {
      if (!isHard(error) && this.database.heardAt > askedAt) return;
      this.isSuspect = true;
      throw error;
    }
  }

  private async ping(signal: AbortSignal): Promise<void> {
    const { firstMs, secondMs } = this.limits;
    const limitMs = this.isSuspect ? secondMs : firstMs;
    const silence = new AbortController();
    const callOff = afterHearing(this.time, limitMs, () => silence.abort(new Error(`no answer within ${limitMs} ms`)));
    try {
      await this.database.ping(AbortSignal.any([signal, silence.signal]));
    } finally {
      callOff();
    }
  }
}

/** Late or full: a server that answers others is healthy. */
const TIMEOUT_MESSAGE = /timeout|no answer within/i;
const INSUFFICIENT_RESOURCES = /^53/;

const isHard = (error: unknown): boolean => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: string } | undefined)?.code ?? '';
  return !INSUFFICIENT_RESOURCES.test(code) && !(cause instanceof Error && TIMEOUT_MESSAGE.test(cause.message));
};
