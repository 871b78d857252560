import type { Scope } from '../../common/scope';
import {
  Database,
  type Executor,
  type PoolUsage,
  type QueryResult,
  type SystemDatabase,
  type TransactionOptions,
} from '../database.port';
import { isConnectionLoss, isLate, outcomeUnknown, toFault } from './faults';
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
const APP_ROLE = 'zerodb_app';

/** What both engines share: sessions from a pool, whom they serve, limits, and what a failure means. */
export abstract class SessionDatabase extends Database {
  readonly system: SystemDatabase;
  private readonly projects: SessionPool;
  private readonly systems: SessionPool;
  private role = APP_ROLE;

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
        tracedStatement(sql, () => this.run<Row>('system', sql, params)),
      transaction: (work, options) => tracedTransaction(() => this.transact('system', work, options)),
    };
  }

  /** Where the server's user may not create the role, row-level security is forced on the tables' owner instead. */
  withoutRole(): void {
    this.role = 'none';
  }

  query<Row = Record<string, unknown>>(
    scope: Scope,
    sql: string,
    params?: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    return tracedStatement(sql, () => this.run<Row>(tenantOf(scope), sql, params));
  }

  queryByPlan<Row = Record<string, unknown>>(
    scope: Scope,
    sql: string,
    params: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    return tracedStatement(sql, () => this.run<Row>(tenantOf(scope), sql, params, this.isRemote));
  }

  transaction<T>(scope: Scope, work: (tx: Executor) => Promise<T>, options?: TransactionOptions): Promise<T> {
    return tracedTransaction(() => this.transact(tenantOf(scope), work, options));
  }

  /** A connection of its own, free of time limits. On the embedded engine everyone else waits for its release. */
  abstract dedicated(): Promise<DedicatedSession>;

  override connections(): readonly PoolUsage[] {
    return [
      { pool: 'projects', ...this.projects.usage },
      { pool: 'system', ...this.systems.usage },
    ];
  }

  async close(): Promise<void> {
    await Promise.all([this.projects.close(), this.systems.close()]);
  }

  protected poolOf(tenant: Tenant): SessionPool {
    return tenant === 'system' ? this.systems : this.projects;
  }

  private async run<Row>(
    tenant: Tenant,
    sql: string,
    params: readonly unknown[] = [],
    byPlan = false,
  ): Promise<QueryResult<Row>> {
    const kind = kindOf(sql);
    const limitMs = { read: this.limits.readMs, write: this.limits.writeMs, maintenance: this.limits.maintenanceMs }[
      kind
    ];
    for (let attempt = 1; ; attempt += 1) {
      const session = await this.checkOut(tenant);
      const { reused } = session;
      try {
        if (byPlan) return await session.queryByPlan<Row>(sql, params, limitMs);
        if (kind !== 'maintenance') return await session.query<Row>(sql, params, limitMs);
        return await this.unbounded(session, () => session.query<Row>(sql, params, limitMs));
      } catch (error) {
        if (!isConnectionLoss(error)) throw toFault(error);
        if (kind !== 'read') throw outcomeUnknown(error);
        if (!reused || attempt > 1 || isLate(error)) throw toFault(error);
      } finally {
        this.poolOf(tenant).release(session);
      }
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
      throw toFault(error);
    }
  }

  /** A session that serves `tenant`. One that turns out to be dead while it is prepared is replaced once. */
  private async checkOut(tenant: Tenant): Promise<Session> {
    for (let attempt = 1; ; attempt += 1) {
      const session = await this.poolOf(tenant).acquire(tenant).catch(fault);
      try {
        await session.serve(tenant, this.role, this.isRemote ? PREPARE_MS : this.limits.readMs);
        return session;
      } catch (error) {
        this.poolOf(tenant).release(session);
        if (attempt > 1 || !session.reused || !isConnectionLoss(error) || isLate(error)) throw toFault(error);
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

const tenantOf = (scope: Scope): number => scope.projectId;
const fault = (error: unknown): never => {
  throw toFault(error);
};
