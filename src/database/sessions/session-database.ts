import { ZeroDbError } from '../../common/errors';
import { currentRequest, type RequestWork } from '../../common/request-work';
import type { Scope } from '../../common/scope';
import {
  Database,
  type Executor,
  type PoolUsage,
  type QueryResult,
  type SystemDatabase,
  type TransactionOptions,
} from '../database.port';
import { isConnectionLoss, isDoubted, isLate, outcomeUnknown, toFault } from './faults';
import { RaceRetries } from './race-retries';
import type { Session, Tenant } from './session';
import { SessionPool } from './session-pool';
import { kindOf } from './statement-kind';
import { tracedStatement, tracedTransaction } from './statement-span';
import { inTransaction } from './transaction';

/** Milliseconds after which an answer is no longer waited for. */
export interface Limits {
  readonly readMs: number;
  readonly writeMs: number;
  readonly maintenanceMs: number;
  readonly acquireMs: number;
}

/** A connection taken out of the pool for migrations and the like, used as the system. */
export interface DedicatedSession {
  readonly session: Session;
  readonly release: () => Promise<void>;
}

const DEFAULT_TRANSACTION_MS = 30_000;
/** Who is served is a setting of the connection: a server that does not answer it does not answer at all. */
const PREPARE_MS = 2_000;
export const APP_ROLE = 'zerodb_app';

/** What both engines share: sessions from a pool, whom they serve, limits, and what a failure means. */
export abstract class SessionDatabase extends Database {
  readonly system: SystemDatabase;
  private readonly projects: SessionPool;
  private readonly systems: SessionPool;
  private readonly races = new RaceRetries();
  private warned: readonly string[] = [];

  private get isRemote(): boolean {
    return this.engine === 'server';
  }

  protected constructor(
    protected readonly limits: Limits,
    pools: { projects: SessionPool; system: SessionPool },
  ) {
    super();
    this.projects = pools.projects;
    this.systems = pools.system;
    this.system = {
      query: <Row>(sql: string, params?: readonly unknown[]) =>
        tracedStatement(sql, () => this.attempt<Row>('system', sql, params)),
      transaction: (work, options) => tracedTransaction(() => this.retried('system', work, options)),
    };
  }

  override raceRetries(): ReturnType<Database['raceRetries']> {
    return this.races.counts;
  }

  override warnings(): readonly string[] {
    return this.warned;
  }

  /** Noted once, when the database is opened. */
  warn(warnings: readonly string[]): void {
    this.warned = warnings;
  }

  query<Row = Record<string, unknown>>(
    scope: Scope,
    sql: string,
    params?: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    return tracedStatement(sql, () => this.attempt<Row>(tenantOf(scope), sql, params));
  }

  queryByPlan<Row = Record<string, unknown>>(
    scope: Scope,
    sql: string,
    params: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    return tracedStatement(sql, () => this.attempt<Row>(tenantOf(scope), sql, params, this.isRemote));
  }

  transaction<T>(scope: Scope, work: (tx: Executor) => Promise<T>, options?: TransactionOptions): Promise<T> {
    return tracedTransaction(() => this.retried(tenantOf(scope), work, options));
  }

  /** A connection of its own, free of time limits. On the embedded engine everyone else waits for its release. */
  abstract dedicated(): Promise<DedicatedSession>;

  override connections(): readonly PoolUsage[] {
    return [
      { pool: 'projects', ...this.projects.usage },
      { pool: 'system', ...this.systems.usage },
    ];
  }

  get heardAt(): number {
    return Math.max(this.projects.heardAt, this.systems.heardAt);
  }

  async close(): Promise<void> {
    await Promise.all([this.projects.close(), this.systems.close()]);
  }

  /** A connection beside the pools was silent since then, and another one was answered: so may be some of theirs. */
  protected doubt(since: number): void {
    this.projects.doubt(since, true);
    this.systems.doubt(since, true);
  }

  protected poolOf(tenant: Tenant): SessionPool {
    return tenant === 'system' ? this.systems : this.projects;
  }

  /** One statement is a transaction of its own: what lost a race did not happen, and is run again. */
  private attempt<Row>(
    tenant: Tenant,
    sql: string,
    params?: readonly unknown[],
    byPlan?: boolean,
  ): Promise<QueryResult<Row>> {
    return this.races.run(timeFor(this.limits.writeMs), () => this.run<Row>(tenant, sql, params, byPlan));
  }

  private retried<T>(tenant: Tenant, work: (tx: Executor) => Promise<T>, options?: TransactionOptions): Promise<T> {
    const { timeoutMs = DEFAULT_TRANSACTION_MS } = options ?? {};
    return this.races.run(timeFor(timeoutMs), (leftMs) =>
      this.transact(tenant, work, { ...options, timeoutMs: leftMs }),
    );
  }

  private async run<Row>(
    tenant: Tenant,
    sql: string,
    params: readonly unknown[] = [],
    byPlan = false,
  ): Promise<QueryResult<Row>> {
    const kind = kindOf(sql);
    if (kind === 'read') return await this.read(tenant, (session) => this.ask<Row>(session, sql, params, byPlan));
    const request = currentRequest();
    // PGlite cannot cancel it, only not commit it. A receipt has to be committed together with it.
    if (request && kind === 'write' && (!this.isRemote || request.receipt)) {
      return await this.transact(tenant, (tx) => tx.query<Row>(sql, params), { timeoutMs: this.limits.writeMs });
    }
    const { writeMs, maintenanceMs } = this.limits;
    return await this.write(tenant, request, (session) =>
      kind === 'write'
        ? session.query<Row>(sql, params, writeMs)
        : this.unbounded(session, () => session.query<Row>(sql, params, maintenanceMs)),
    );
  }

  private ask<Row>(
    session: Session,
    sql: string,
    params: readonly unknown[],
    byPlan: boolean,
  ): Promise<QueryResult<Row>> {
    const { readMs } = this.limits;
    return byPlan ? session.queryByPlan<Row>(sql, params, readMs) : session.query<Row>(sql, params, readMs);
  }

  /** Repeated once when a connection turns out to have died while nobody used it, or is doubted because others did. */
  private async read<T>(tenant: Tenant, work: (session: Session) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const session = await this.checkOut(tenant);
      const { reused } = session;
      session.mayBeRepeated = this.isRemote;
      try {
        return await work(session);
      } catch (error) {
        const mayBeOld = (reused && !isLate(error)) || isDoubted(error);
        if (!isConnectionLoss(error) || !mayBeOld || attempt > 1) throw toFault(error);
      } finally {
        this.poolOf(tenant).release(session);
      }
    }
  }

  /** One statement that commits by itself. At the request's deadline it is cancelled, and its answer says what became of it. */
  private async write<T>(
    tenant: Tenant,
    request: RequestWork | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = await this.checkOut(tenant);
    try {
      return request ? await committing(session, request, work) : await work(session);
    } catch (error) {
      if (isConnectionLoss(error)) throw outcomeUnknown(error);
      throw inTime(toFault(error), request);
    } finally {
      this.poolOf(tenant).release(session);
    }
  }

  private async transact<T>(
    tenant: Tenant,
    work: (tx: Executor) => Promise<T>,
    { timeoutMs = DEFAULT_TRANSACTION_MS }: TransactionOptions = {},
  ): Promise<T> {
    const session = await this.checkOut(tenant);
    const release = (): void => this.poolOf(tenant).release(session);
    try {
      return await inTransaction(session, work, { timeoutMs, release, remote: this.isRemote });
    } catch (error) {
      throw inTime(toFault(error), currentRequest());
    }
  }

  /**
   * A session that serves `tenant`. One that turns out to be dead while it is prepared is replaced once; one that is
   * silent, if others are answered meanwhile.
   */
  private async checkOut(tenant: Tenant): Promise<Session> {
    for (let attempt = 1; ; attempt += 1) {
      const session = await this.poolOf(tenant).acquire(tenant, currentRequest()?.remainingMs).catch(fault);
      const askedAt = performance.now();
      session.mayBeRepeated = this.isRemote;
      try {
        await session.serve(tenant, APP_ROLE, this.isRemote ? PREPARE_MS : this.limits.readMs);
        session.mayBeRepeated = false;
        return session;
      } catch (error) {
        this.poolOf(tenant).release(session);
        const mayBeOld = session.reused && (!isLate(error) || (this.isRemote && this.heardAt > askedAt));
        if (attempt > 1 || !isConnectionLoss(error) || (!mayBeOld && !isDoubted(error))) throw toFault(error);
      }
    }
  }

  /** Index builds outlive the server's own statement limit, which is for requests. */
  private async unbounded<T>(session: Session, work: () => Promise<T>): Promise<T> {
    if (!this.isRemote) return work();
    await session.query('SET statement_timeout = 0', undefined, this.limits.readMs);
    try {
      return await work();
    } finally {
      if (!session.isDead) await session.query('RESET statement_timeout', undefined, this.limits.readMs);
    }
  }
}

/** At most what the request has left: nobody waits for what is run again after its deadline. */
const timeFor = (limitMs: number): number => Math.min(limitMs, currentRequest()?.remainingMs ?? limitMs);

/** Runs a statement that commits by itself, and tells the request how it ended. */
async function committing<T>(
  session: Session,
  request: RequestWork,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  request.mustGoOn();
  const ended = request.commits();
  const { remainingMs } = request;
  const timer = Number.isFinite(remainingMs) ? setTimeout(() => session.cancel(), remainingMs) : undefined;
  try {
    const result = await work(session);
    ended('committed');
    return result;
  } catch (error) {
    ended(isConnectionLoss(error) ? 'unsure' : 'refused');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Of a write that failed when the request's time was over, the time is to blame. */
function inTime(fault: unknown, request: RequestWork | undefined): unknown {
  if (!(fault instanceof ZeroDbError) || fault.status !== 503 || fault.outcome === 'unknown') return fault;
  try {
    request?.mustGoOn();
    return fault;
  } catch (late) {
    return late;
  }
}

const tenantOf = (scope: Scope): number => scope.projectId;
const fault = (error: unknown): never => {
  throw toFault(error);
};
