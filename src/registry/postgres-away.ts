import { Injectable } from '@nestjs/common';
import { eventLoopLag } from '../common/event-loop-lag';
import { Database } from '../database/database.port';
import { isBroken } from '../database/sessions/faults';
import { ServiceRegistry } from './service';

/** Milliseconds without any answer from Postgres, after which it is treated as down. */
const SILENT_MS = 1_000;
/** The same when the judge says that it is down: its answer is better, and it may be back. */
const DOUBTED_MS = 250;
/** Milliseconds that a Postgres is given that has seemed down before, and may be back: those of a query. */
const LOOK_MS = 25;

/**
 * Whether Postgres is down, for requests that cannot wait for the judge. Busy is not down: as long as any connection
 * gets answers, a request waits for its own, and is never answered from a copy that may lag.
 */
@Injectable()
export class PostgresAway {
  private lookedAt = Number.NEGATIVE_INFINITY;
  private wasSilent = false;

  constructor(
    private readonly database: Database,
    private readonly registry: ServiceRegistry,
  ) {}

  /** Whether requests wait for it without being worked on: it is down, or answers nobody now. Asked all the time. */
  get isSilent(): boolean {
    const now = performance.now();
    if (now - this.lookedAt < LOOK_MS) return this.wasSilent;
    this.lookedAt = now;
    this.wasSilent = this.isDown || this.database.silentMs >= DOUBTED_MS;
    return this.wasSilent;
  }

  /** Whether it is down for a caller that has been waiting since `askedAt`, by `performance.now()`. */
  isGone(askedAt: number): boolean {
    const now = performance.now();
    if (this.isDown) return Math.max(this.database.silentMs, now - askedAt) >= DOUBTED_MS;
    // It has one connection: a long statement is not a failure, and a dead engine is reported at once.
    if (this.database.engine === 'embedded') return false;
    const silentMs = now - Math.max(this.database.heardAt, askedAt);
    return Math.max(this.database.silentMs, silentMs - eventLoopLag.during(silentMs)) >= SILENT_MS;
  }

  /** Whether a failure shows that it is down: a refused or broken connection, or silence. */
  isSignOf(error: unknown, askedAt: number): boolean {
    return isBroken(error) || (isUnavailable(error) && this.isGone(askedAt));
  }

  private get isDown(): boolean {
    return this.registry.gate('postgres').state === 'down';
  }

  /** What `asked` answers, or `GONE` once it is down: never while it answers. */
  private orGone<T>(asked: Promise<T>, askedAt: number): Promise<T | typeof GONE> {
    return new Promise((resolve, reject) => {
      const timer = setInterval(() => {
        if (this.isGone(askedAt)) end(() => resolve(GONE));
      }, LOOK_MS);
      const end = (how: () => void): void => {
        clearInterval(timer);
        how();
      };
      asked.then(
        (answer) => end(() => resolve(answer)),
        (error: unknown) => end(() => reject(error)),
      );
    });
  }

  /**
   * Returns the answer of `inPostgres`, or that of `standIn` when Postgres is down or fails meanwhile. The first
   * success wins; otherwise the last error is thrown. `mayStandIn` is called only when needed.
   */
  async otherwise<T>(
    inPostgres: () => Promise<T>,
    standIn: () => Promise<T>,
    mayStandIn: () => boolean = () => true,
  ): Promise<T> {
    const askedAt = performance.now();
    const asked = inPostgres();
    try {
      const first = await this.orGone(asked, askedAt);
      if (first !== GONE) return first;
    } catch (error) {
      if (!mayStandIn() || !this.isSignOf(error, askedAt)) throw error;
      return await standIn();
    }
    if (!mayStandIn()) return await asked;
    const other = standIn();
    return await Promise.any([asked, other]).catch(async () => await other);
  }
}

const GONE: unique symbol = Symbol('gone');

const isUnavailable = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && (error as { status?: unknown }).status === 503;
