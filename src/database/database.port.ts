import type { Scope } from '../common/scope';

export interface QueryResult<Row> {
  readonly rows: Row[];
  readonly rowCount: number;
}

/** How the connections of one pool are used now. */
export interface PoolUsage {
  readonly pool: 'projects' | 'system';
  readonly used: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
  /** Connections there may be. */
  readonly most: number;
}

/** Runs parameterised SQL. Values are bound (`$1`), never spliced into the text. */
export interface Executor {
  query<Row = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<QueryResult<Row>>;
}

export interface TransactionOptions {
  /** Milliseconds until the transaction is rolled back and the caller gets `unavailable`. Default 30,000. */
  readonly timeoutMs?: number;
}

/** Work that belongs to no project: migrations, DDL of partitions, background jobs. It sees the rows of all projects. */
export interface SystemDatabase extends Executor {
  transaction<T>(work: (tx: Executor) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

/**
 * Postgres, whichever way it runs: embedded (PGlite in a worker thread) or a server (a pool of `pg` clients). Both take
 * the same SQL and give the same values: `int8` as a JavaScript number, `timestamptz` as `Date`, `jsonb` parsed, `bytea`
 * as `Buffer`, `vector` as its text.
 *
 * Left out on purpose: connections, roles, pools. Every scoped statement runs as the role `zerodb_app` with the setting
 * `zerodb.project_id`, which the row-level security policies read. A connection that cannot be had in time, or that dies,
 * is reported as `unavailable` (503). SQL errors pass through with their `code` (SQLSTATE).
 */
export abstract class Database {
  abstract readonly engine: 'embedded' | 'server';
  abstract readonly system: SystemDatabase;

  /** One statement, committed by itself. One round trip where the connection already serves this project. */
  abstract query<Row = Record<string, unknown>>(
    scope: Scope,
    sql: string,
    params?: readonly unknown[],
  ): Promise<QueryResult<Row>>;

  /**
   * One reading statement whose plan is kept by the connection, where that saves anything: for a text that comes again
   * and again, and whose plan is the same whatever the values are. Not for filters and vector searches.
   */
  abstract queryByPlan<Row = Record<string, unknown>>(
    scope: Scope,
    sql: string,
    params: readonly unknown[],
  ): Promise<QueryResult<Row>>;

  /**
   * Commits when `work` resolves, rolls back when it rejects. No network call belongs inside. `work` is run again, from
   * the beginning, when the database ended it for another's sake (40P01, 40001): what it keeps outside it must reset.
   */
  abstract transaction<T>(scope: Scope, work: (tx: Executor) => Promise<T>, options?: TransactionOptions): Promise<T>;

  /**
   * A statement on a connection kept for that: health must not wait for a full pool. Rejects as `unavailable` when the
   * server refuses or breaks the connection, and once `signal` aborts.
   */
  abstract ping(signal: AbortSignal): Promise<void>;

  /** When any connection was last answered, by `performance.now()`: who answers others is slow, not gone. */
  abstract readonly heardAt: number;

  /** How its connections are used; none where there are no pools. */
  connections(): readonly PoolUsage[] {
    return [];
  }

  /** How often work was run again because another transaction was in its way, since the process began. */
  raceRetries(): Readonly<Record<'deadlock' | 'serialization', number>> {
    return { deadlock: 0, serialization: 0 };
  }

  /** What an operator should change about the login, in words; none when all is well. */
  warnings(): readonly string[] {
    return [];
  }

  abstract close(): Promise<void>;
}
