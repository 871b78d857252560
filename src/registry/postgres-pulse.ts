import { afterHearing } from './lag-free-timeout';
import type { Time } from './time';

/** What is looked at: a connection kept for that, and when any connection was last answered. */
export interface Pulsed {
  ping(signal: AbortSignal): Promise<void>;
  readonly heardAt: number;
}

export interface PulseLimits {
  /** Milliseconds of silence on the kept connection, and then on a new one. */
  readonly firstMs: number;
  readonly secondMs: number;
}

/**
 * Tells a slow Postgres from one that is gone. An answer that comes late is an answer; so is one that another connection
 * got meanwhile. Only what refuses or breaks the connection, or is silent to everybody for as long as this process could
 * hear, counts against it: the connection that stayed silent is given up, and the next look is taken by a new one.
 */
export class PostgresPulse {
  private isDoubted = false;

  constructor(
    private readonly database: Pulsed,
    private readonly time: Time,
    private readonly limits: PulseLimits,
  ) {}

  /** Resolves when it lives, however slowly. Rejects with what speaks against it. */
  async look(signal: AbortSignal): Promise<void> {
    const askedAt = this.time.now();
    try {
      await this.ask(signal);
      this.isDoubted = false;
    } catch (error) {
      if (!isHard(error) && this.database.heardAt > askedAt) return;
      this.isDoubted = true;
      throw error;
    }
  }

  private async ask(signal: AbortSignal): Promise<void> {
    const { firstMs, secondMs } = this.limits;
    const limitMs = this.isDoubted ? secondMs : firstMs;
    const silence = new AbortController();
    const callOff = afterHearing(this.time, limitMs, () => silence.abort(new Error(`no answer within ${limitMs} ms`)));
    try {
      await this.database.ping(AbortSignal.any([signal, silence.signal]));
    } finally {
      callOff();
    }
  }
}

/** Late, or full: what answers others is well all the same. */
const SOFT = /timeout|no answer within/i;
const FULL = /^53/;

const isHard = (error: unknown): boolean => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: string } | undefined)?.code ?? '';
  return !FULL.test(code) && !(cause instanceof Error && SOFT.test(cause.message));
};
