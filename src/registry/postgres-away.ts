import { Inject, Injectable } from '@nestjs/common';
import { eventLoopLag } from '../common/event-loop-lag';
import { Database } from '../database/database.port';
import { isBroken } from '../database/sessions/faults';
import { ServiceRegistry } from './service';

/** Milliseconds in which nobody was answered, though somebody asked: the pulse asks twice a second. */
const SILENT_MS = 1_000;
/** How long one that is thought to be down is waited for: its answer is the better one, and it may be back. */
const DOUBTED_MS = 250;
const LOOK_MS = 50;

/**
 * Whether Postgres is gone, as far as a request may know before the judge does. Busy is not gone: as long as any
 * connection is answered, a request waits for its own, and is never answered by who may be behind.
 */
@Injectable()
export class PostgresAway {
  private pulseAskedAt: number | undefined;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ServiceRegistry) private readonly registry: ServiceRegistry,
  ) {}

  /** Notes that the pulse waits for an answer. Returns what is called when it has one. */
  asked(): () => void {
    this.pulseAskedAt ??= performance.now();
    return () => (this.pulseAskedAt = undefined);
  }

  /** Whether it is gone for everybody: the judge says so, or the pulse has waited long enough to tell. */
  get isAway(): boolean {
    if (this.registry.gate('postgres').state === 'down') return true;
    return this.pulseAskedAt !== undefined && this.isGone(this.pulseAskedAt);
  }

  /** For somebody who has been waiting since `askedAt`, by `performance.now()`. */
  isGone(askedAt: number): boolean {
    const now = performance.now();
    if (this.registry.gate('postgres').state === 'down') return now - askedAt >= DOUBTED_MS;
    // One line for all: a statement that takes long is no silence, and a dead engine is told at once.
    if (this.database.engine === 'embedded') return false;
    const askedSince = Math.min(askedAt, this.pulseAskedAt ?? askedAt);
    const silentMs = now - Math.max(this.database.heardAt, askedSince);
    return silentMs - eventLoopLag.during(silentMs) >= SILENT_MS;
  }

  /** Whether a failure says that it is gone: a connection that was refused or broken, or silence by now. */
  isSignOf(error: unknown, askedAt: number): boolean {
    return isBroken(error) || (isUnavailable(error) && this.isGone(askedAt));
  }

  /** Resolves once it is gone; never as long as it answers. Stops looking when `signal` aborts. */
  async untilGone(askedAt: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (!this.isGone(askedAt)) return;
        clearInterval(timer);
        resolve();
      }, LOOK_MS);
      signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    });
  }

  /**
   * The answer of `inPostgres`; that of `standIn` when Postgres is gone, at whatever moment that shows. The first good one
   * wins; the error is that of the last who was asked. `mayStandIn` is asked when it matters.
   */
  async otherwise<T>(
    inPostgres: () => Promise<T>,
    standIn: () => Promise<T>,
    mayStandIn: () => boolean = () => true,
  ): Promise<T> {
    const askedAt = performance.now();
    const over = new AbortController();
    const asked = inPostgres();
    // Listened to from now on: who stands in may be asked first.
    asked.catch(() => undefined);
    const gone = this.untilGone(askedAt, over.signal).then(() => GONE);
    try {
      const first = await Promise.race([asked, gone]);
      if (first !== GONE) return first as T;
    } catch (error) {
      if (!mayStandIn() || !this.isSignOf(error, askedAt)) throw error;
      return await standIn();
    } finally {
      over.abort();
    }
    if (!mayStandIn()) return await asked;
    const other = standIn();
    return await Promise.any([asked, other]).catch(async () => await other);
  }
}

const GONE = Symbol('gone');

const isUnavailable = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && (error as { status?: unknown }).status === 503;
