import { setTimeout as pause } from 'node:timers/promises';
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
import { isConnectionLoss, isClosedAsSilent, isTimeout, outcomeUnknown, toFault } from './faults';
import { RaceRetries } from './race-retries';
import type { Session, Tenant } from './session';
import { SessionPool } from './session-pool';
import { kindOf } from './statement-kind';
import { tracedStatement, tracedTransaction } from './statement-span';
import { inTransaction } from './transaction';

/** Milliseconds after which a call stops waiting for an answer. */
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
const CONCURRENT = /^\s*(?:CREATE|DROP) INDEX CONCURRENTLY\b/i;
/** It waits for all transactions that are older, and reads its table twice. */
const CONCURRENT_MS = 24 * 3_600_000;
/** So long a cancelled statement may take to say so. */
const CANCEL_MS = 2_000;
/** Setting the tenant is trivial work: a server that does not answer this answers nothing. */
const PREPARE_MS = 2_000;
export const APP_ROLE = 'zerodb_app';

/** Shared by both engines: pooled sessions, their tenants, limits, and the mapping of failures. */
export abstract class SessionDatabase extends Database {
  readonly system: SystemDatabase;
  private readonly projects: SessionPool;
  private readonly systems: SessionPool;
  private readonly races = new RaceRetries();
  /** Concurrent DDL that runs now, each statement on its own connection. */
  private readonly aside = new Map<Session, Promise<unknown>>();
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

  /** Called once, when the database is opened. */
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

  /** A dedicated connection without time limits. On the embedded engine all others wait for its release. */
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

  /** Here for the embedded engine: it runs one statement at a time, and its thread reports its end at once. */
  get silentMs(): number {
    return 0;
  }

  async close(): Promise<void> {
    await this.cancelAside();
    await Promise.all([this.projects.close(), this.systems.close()]);
  }

  /**
   * A connection beside the pools was silent since then while another one was answered; pooled ones may be silent too.
   */
  protected closeSilentSessions(since: number): void {
    this.projects.closeSilentSessions(since, true);
    this.systems.closeSilentSessions(since, true);
  }

  protected poolOf(tenant: Tenant): SessionPool {
    return tenant === 'system' ? this.systems : this.projects;
  }

  /**
   * One statement is its own transaction: after a lost race it had no effect and can be retried. Concurrent DDL has: it leaves
   * an invalid index, which `if not exists` would take for a good one.
   */
  private attempt<Row>(
    tenant: Tenant,
    sql: string,
    params?: readonly unknown[],
    byPlan?: boolean,
  ): Promise<QueryResult<Row>> {
    if (this.isRemote && tenant === 'system' && CONCURRENT.test(sql)) return this.runAside<Row>(sql);
    return this.races.run(timeFor(this.limits.writeMs), () => this.run<Row>(tenant, sql, params, byPlan));
  }

  /** It waits for the transactions of others, for hours perhaps: the pool has no connection to spare for so long. */
  private async runAside<Row>(sql: string): Promise<QueryResult<Row>> {
    const { session, release } = await this.dedicated();
    const running = session.query<Row>(sql, undefined, CONCURRENT_MS);
    this.aside.set(session, running);
    try {
      return await running;
    } catch (error) {
      throw isConnectionLoss(error) ? outcomeUnknown(error) : toFault(error);
    } finally {
      this.aside.delete(session);
      await release();
    }
  }

  /** What is cancelled leaves an invalid index, which whoever wants it drops first. */
  private async cancelAside(): Promise<void> {
    if (this.aside.size === 0) return;
    for (const session of this.aside.keys()) session.cancel();
    await Promise.race([Promise.allSettled(this.aside.values()), pause(CANCEL_MS, undefined, { ref: false })]);
    for (const session of this.aside.keys())
      session.destroy(new Error('Connection terminated: the database is closing'));
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
    // PGlite cannot cancel it, only not commit it. A receipt must be committed together with it.
    if (request && kind === 'write' && (!this.isRemote || request.receipts.length > 0)) {
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

  /** Retries once when the connection broke while idle, or is doubted because another one was silent. */
  private async read<T>(tenant: Tenant, work: (session: Session) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const session = await this.checkOut(tenant);
      const { reused } = session;
      session.mayBeRepeated = this.isRemote;
      try {
        return await work(session);
      } catch (error) {
        if (attempt > 1 || !mayAskAgain(error, reused)) throw toFault(error);
      } finally {
        this.poolOf(tenant).release(session);
      }
    }
  }

  /**
   * One statement in its own transaction. At the request's deadline it is cancelled, and its answer tells the outcome.
   */
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
   * A session that serves `tenant`. One that turns out to be broken is replaced once, and so is a silent one if others
   * are answered meanwhile.
   */
  private async checkOut(tenant: Tenant): Promise<Session> {
    for (let attempt = 1; ; attempt += 1) {
      const session = await this.poolOf(tenant).acquire(tenant, currentRequest()?.remainingMs).catch(fault);
      const askedAt = performance.now();
      session.mayBeRepeated = this.isRemote;
      try {
        await session.switchTenant(tenant, APP_ROLE, this.isRemote ? PREPARE_MS : this.limits.readMs);
        session.mayBeRepeated = false;
        return session;
      } catch (error) {
        this.poolOf(tenant).release(session);
        const isAnswering = this.isRemote && this.heardAt > askedAt;
        if (attempt > 1 || !mayAskAgain(error, session.reused, isAnswering)) throw toFault(error);
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

/** Whether the connection is to blame and not the server: an old one that broke, or one that went silent among others. */
const mayAskAgain = (error: unknown, reused: boolean, isAnswering = false): boolean =>
  isConnectionLoss(error) && (isClosedAsSilent(error) || (reused && (!isTimeout(error) || isAnswering)));

/** At most the request's remaining time: after its deadline no caller waits for a retry. */
const timeFor = (limitMs: number): number => Math.min(limitMs, currentRequest()?.remainingMs ?? limitMs);

/** Runs a statement in its own transaction, and reports the outcome to the request. */
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

/** A write that failed after the request's deadline failed because of the deadline. */
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
