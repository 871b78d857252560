import { overloaded } from '../../common/errors';
import { CLOSED_AS_SILENT, isConnectTimeout, timedOut } from './faults';
import type { Session, Tenant } from './session';

export interface SessionPoolOptions {
  readonly size: number;
  /** Milliseconds a caller waits for a session. */
  readonly acquireMs: number;
  readonly open: () => Promise<Session>;
}

/**
 * Milliseconds. A caller that waited this long, half of a usual deadline, is in a queue that may not drain on its own.
 */
const CONGESTED_MS = 1_000;
/** Milliseconds. A server that answered this recently is reachable: a caller without a connection met a queue. */
const RECENT_MS = 1_000;

const CONNECTIONS = 'the connections to Postgres';

interface Waiter {
  readonly tenant: Tenant;
  readonly since: number;
  readonly resolve: (session: Session) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sessions of one kind. A free session goes to the tenant that holds the fewest, so that a flood from one does not
 * block the others; within a tenant, first come first served. An idle session that already serves the tenant is
 * preferred. In a long queue every other session goes to the latest caller: those at the head may belong to requests
 * that are about to time out, and serving only these would keep the queue long. Not every session: callers that return
 * as soon as they are served would starve the head.
 */
export class SessionPool {
  private readonly idle: Session[] = [];
  private readonly waiting: Waiter[] = [];
  private readonly open = new Set<Session>();
  private readonly holders = new Map<Session, Tenant>();
  private opening = 0;
  private servedLast = false;
  private closed = false;
  /** Of the sessions that are gone. */
  private lastHeard = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: SessionPoolOptions) {}

  get isClosed(): boolean {
    return this.closed;
  }

  /** How the sessions are used now. */
  get usage(): { used: number; idle: number; waiting: number; most: number } {
    const idle = this.idle.length;
    return { used: this.open.size - idle, idle, waiting: this.waiting.length, most: this.options.size };
  }

  /** When any of its sessions was last answered, by `performance.now()`. */
  get heardAt(): number {
    return Math.max(this.lastHeard, ...[...this.open].map((session) => session.heardAt));
  }

  /** Waits at most `limitMs`, or the pool's own limit if that is lower. */
  acquire(tenant: Tenant, limitMs = Number.POSITIVE_INFINITY): Promise<Session> {
    if (this.closed) return Promise.reject(timedOut('the database is closed'));
    const session = this.takeIdle(tenant);
    if (session) return Promise.resolve(this.held(session, tenant));
    const promise = this.enqueue(tenant, Math.min(limitMs, this.options.acquireMs));
    this.openSession();
    return promise;
  }

  /** Takes a session back. A broken one is dropped, and a new one is opened for the next waiting caller. */
  release(session: Session): void {
    this.holders.delete(session);
    session.mayBeRepeated = false;
    this.lastHeard = Math.max(this.lastHeard, session.heardAt);
    if (session.isDead || session.isSpent || this.closed) {
      this.open.delete(session);
      if (!session.isDead) void session.end();
      if (session.silentSince !== undefined) this.closeSilentSessions(session.silentSince);
      this.openSession();
      return;
    }
    session.reused = true;
    const next = this.nextInLine();
    if (next) next.resolve(this.held(session, next.tenant));
    else this.idle.push(session);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const waiter of this.waiting.splice(0)) waiter.reject(timedOut('the database is closing'));
    await Promise.all(this.idle.splice(0).map((session) => session.end()));
  }

  private held(session: Session, tenant: Tenant): Session {
    this.holders.set(session, tenant);
    return session;
  }

  private nextInLine(): Waiter | undefined {
    if (this.waiting.length === 0) return undefined;
    this.servedLast = this.isCongested && !this.servedLast;
    const held = new Map<Tenant, number>();
    for (const tenant of this.holders.values()) held.set(tenant, (held.get(tenant) ?? 0) + 1);
    const countOf = ({ tenant }: Waiter): number => held.get(tenant) ?? 0;
    const fewest = this.waiting.reduce((least, waiter) => Math.min(least, countOf(waiter)), Infinity);
    const poorest = (waiter: Waiter): boolean => countOf(waiter) === fewest;
    return this.servedLast ? this.waiting.findLast(poorest) : this.waiting.find(poorest);
  }

  private takeIdle(tenant: Tenant): Session | undefined {
    this.dropDead();
    const match = this.idle.findIndex((session) => session.tenant === tenant);
    // Otherwise the one idle the longest: the tenants of the others may soon need them again.
    const [session] = this.idle.splice(Math.max(match, 0), 1);
    return session;
  }

  /**
   * A connection went silent. Others without an answer since then may be silent, too: reopening them costs less than
   * one timeout per request. Reads on them are repeated on another connection, provided that any connection was
   * answered since; otherwise the server itself is silent.
   */
  closeSilentSessions(since: number, isAnswered = this.heardAt > since): void {
    const reading = isAnswered ? [...this.holders.keys()].filter(({ mayBeRepeated }) => mayBeRepeated) : [];
    for (const session of [...this.idle, ...reading]) {
      if (session.heardAt < since) session.destroy(new Error(`Connection terminated: ${CLOSED_AS_SILENT}`));
    }
    this.dropDead();
  }

  private dropDead(): void {
    for (let i = this.idle.length - 1; i >= 0; i -= 1) {
      const session = this.idle[i];
      if (!session?.isDead) continue;
      this.idle.splice(i, 1);
      this.open.delete(session);
    }
  }

  private enqueue(tenant: Tenant, limitMs: number): Promise<Session> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        const at = this.waiting.indexOf(waiter);
        if (at >= 0) this.waiting.splice(at, 1);
      };
      const waiter: Waiter = {
        tenant,
        since: performance.now(),
        resolve: (session) => (settle(), resolve(session)),
        reject: (error) => (settle(), reject(error)),
      };
      const late = (): void => waiter.reject(this.noneBecameFree(limitMs));
      const timer = setTimeout(late, limitMs);
      this.waiting.push(waiter);
    });
  }

  private noneBecameFree(limitMs: number): Error {
    const isThere = performance.now() - this.heardAt < RECENT_MS;
    return isThere ? overloaded(CONNECTIONS) : timedOut(`no connection became free within ${Math.round(limitMs)} ms`);
  }

  private get isCongested(): boolean {
    const [oldest] = this.waiting;
    return oldest !== undefined && performance.now() - oldest.since > CONGESTED_MS;
  }

  private openSession(): void {
    if (this.closed || this.waiting.length <= this.opening) return;
    if (this.open.size + this.opening >= this.options.size) return;
    this.opening += 1;
    const since = performance.now();
    this.options.open().then(
      (session) => this.opened(session),
      (error: unknown) => this.failed(error, since),
    );
  }

  private opened(session: Session): void {
    this.opening -= 1;
    this.open.add(session);
    this.release(session);
    session.reused = false;
  }

  private failed(error: unknown, since: number): void {
    this.opening -= 1;
    // A server that is slow to accept connections may still answer on existing ones: each caller waits for its own
    // limit. An unreachable server fails only the callers that were waiting when the attempt began. Later callers get a
    // new attempt: a recovering network resets connections that were being opened while it was cut.
    if (!isConnectTimeout(error))
      for (const waiter of this.waiting.filter((each) => each.since <= since)) waiter.reject(error);
    this.openSession();
  }
}
