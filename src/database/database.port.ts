import type { Scope } from '../common/scope';

export interface QueryResult<Row> {
  readonly rows: Row[];
  readonly rowCount: number;
  /** The columns in their order, with the number (oid) of each type. Absent from stand-ins. */
  readonly columns?: readonly { readonly name: string; readonly dataTypeID: number }[];
}

/** Current use of one pool's connections. */
export interface PoolUsage {
  readonly pool: 'projects' | 'system';
  readonly used: number;
  readonly idle: number;
  /** Callers waiting for a connection. */
  readonly waiting: number;
  /** Maximum number of connections. */
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
 * Postgres, either embedded (PGlite in a worker thread) or a server (a pool of `pg` clients). Both accept the same SQL
 * and return the same values: `int8` as a JavaScript number, `timestamptz` as `Date`, `jsonb` parsed, `bytea` as
 * `Buffer`, `vector` as its text.
 *
 * Left out on purpose: connections, roles, pools. Every scoped statement runs as the role `zerodb_app` with the setting
 * `zerodb.project_id`, which the row-level security policies read. A connection that is not available in time, or that
 * breaks, is reported as `unavailable` (503). SQL errors pass through with their `code` (SQLSTATE).
 */
export abstract class Database {
  abstract readonly engine: 'embedded' | 'server';
  abstract readonly system: SystemDatabase;

  /** One statement in its own transaction. One round trip when the connection already serves this project. */
  abstract query<Row = Record<string, unknown>>(
    scope: Scope,
    sql: string,
    params?: readonly unknown[],
  ): Promise<QueryResult<Row>>;

  /**
   * One reading statement, prepared on the connection where that saves time. For statements that are often repeated and
   * whose plan does not depend on the values. Not for filters and vector searches.
   */
  abstract queryByPlan<Row = Record<string, unknown>>(
    scope: Scope,
    sql: string,
    params: readonly unknown[],
  ): Promise<QueryResult<Row>>;

  /**
   * Commits when `work` resolves, rolls back when it rejects. Make no network calls inside. `work` is retried from the
   * beginning after a deadlock or a serialization failure (40P01, 40001), so it must reset any state that it keeps
   * outside.
   */
  abstract transaction<T>(scope: Scope, work: (tx: Executor) => Promise<T>, options?: TransactionOptions): Promise<T>;

  /**
   * A statement on a dedicated connection: a health check must not wait for a full pool. Rejects as `unavailable` when
   * the server refuses or breaks the connection, and once `signal` aborts.
   */
  abstract ping(signal: AbortSignal): Promise<void>;

  /**
   * When any connection last received an answer, by `performance.now()`: a server that answers others is slow, not
   * down.
   */
  abstract readonly heardAt: number;

  /**
   * Milliseconds for which no connection has received an answer although one of them waits for it, without the time in
   * which this process could not receive any. 0 while it answers, and always for the embedded engine.
   */
  abstract readonly silentMs: number;

  /** Current use of each pool; empty without pools. */
  connections(): readonly PoolUsage[] {
    return [];
  }

  /** Retries after a conflict with another transaction, since the process started. */
  raceRetries(): Readonly<Record<'deadlock' | 'serialization', number>> {
    return { deadlock: 0, serialization: 0 };
  }

  /** What an operator should change about the login; empty when nothing is wrong. */
  warnings(): readonly string[] {
    return [];
  }

  abstract close(): Promise<void>;
}
