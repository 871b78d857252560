import { Injectable } from '@nestjs/common';
import type { Scope } from '../common/scope';
import { Database, type Executor } from '../database/database.port';
import { SQL_READY, SQL_ROLE } from '../database/isolation/sql-role';
import { quotedName } from './quoting';

/** A statement that is ready to run: one SELECT that reads from the relations before it. */
export interface RunnableStatement {
  /** `name as not materialized (select …)` for each relation, in the words of SQL. */
  readonly relations: readonly string[];
  readonly select: string;
  /** What searches found, by the name of their relation; the statement's `$1`. */
  readonly found: Readonly<Record<string, unknown>>;
}

export interface ResultColumn {
  readonly name: string;
  /** As Postgres writes it, such as `timestamp with time zone`. */
  readonly type: string;
}

export interface RunLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const LOCAL_SETTINGS: Readonly<Record<string, string>> = {
  transaction_read_only: 'on',
  timezone: 'UTC',
  work_mem: '16MB',
  // A statement takes one core at most.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  standard_conforming_strings: 'on',
};

/**
 * Of the embedded engine, which cannot be interrupted: plans that fetch each row again, and so end when the tables do (see
 * `endAt`); and few orders of joins to compare, as the time of planning grows exponentially with them.
 */
const ENDING_PLANS: Readonly<Record<string, string>> = {
  enable_material: 'off',
  enable_mergejoin: 'off',
  enable_memoize: 'off',
  from_collapse_limit: '5',
  join_collapse_limit: '5',
};

/** Runs users' statements: in a transaction that only reads, as a role without other rights. */
@Injectable()
export class SqlRepository {
  private ready = false;

  constructor(private readonly database: Database) {}

  get engine(): Database['engine'] {
    return this.database.engine;
  }

  /** Whether the role that keeps statements apart is in place. Remembered once it is. */
  async isReady(): Promise<boolean> {
    if (this.ready) return true;
    const { rows } = await this.database.system.query<{ ready: boolean }>(SQL_READY);
    this.ready = rows[0]?.ready === true;
    return this.ready;
  }

  /**
   * Rolled back in any case: nothing that a statement may have done to its session is left for the next one. The work is
   * ended at once when `signal` aborts; on a server what runs then is cancelled.
   */
  async reading<T>(scope: Scope, limits: RunLimits, work: (reader: SqlReader) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(scope, (tx) => this.undone(tx, scope, limits, work), limits);
    } catch (error) {
      if (error instanceof Done) return error.result as T;
      throw error;
    }
  }

  private async undone<T>(
    tx: Executor,
    { projectId }: Scope,
    { signal }: RunLimits,
    work: (reader: SqlReader) => Promise<T>,
  ): Promise<never> {
    const local = this.engine === 'embedded' ? { ...LOCAL_SETTINGS, ...ENDING_PLANS } : LOCAL_SETTINGS;
    const settings = Object.entries(local).map(([name, value]) => `set_config('${name}', '${value}', true)`);
    const ticket = `set_config('zerodb.sql_ticket', zerodb_sql_ticket($1), true)`;
    // Last. The rollback ends it.
    const role = `set_config('role', '${SQL_ROLE}', true)`;
    await tx.query(`select ${[ticket, ...settings, role].join(', ')}`, [projectId]);
    throw new Done(await untilAborted(work(new SqlReader(tx)), signal));
  }
}

/** Ends a transaction without a commit. */
class Done extends Error {
  constructor(readonly result: unknown) {
    super('The statement has run.');
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** The questions about one statement, in one transaction. */
export class SqlReader {
  constructor(private readonly tx: Executor) {}

  /** Names and types of the columns. Plans the statement without running it. */
  async columns(statement: RunnableStatement): Promise<ResultColumn[]> {
    const { columns = [] } = await this.tx.query(`${wholeOf(statement)} limit 0`, [JSON.stringify(statement.found)]);
    const { rows } = await this.tx.query<{ type: string }>(
      'select format_type(t.id, null) as type from unnest($1::oid[]) with ordinality as t(id, n) order by n',
      [columns.map(({ dataTypeID }) => dataTypeID)],
    );
    return columns.map(({ name }, index) => ({ name, type: rows[index]?.type ?? 'text' }));
  }

  /** The plan that Postgres would follow, as it writes it in JSON. */
  async plan(statement: RunnableStatement): Promise<unknown> {
    const { rows } = await this.tx.query<{ plan: unknown }>('select zerodb_sql_plan($1, $2::jsonb) as plan', [
      wholeOf(statement),
      JSON.stringify(statement.found),
    ]);
    return rows[0]?.plan;
  }

  /** Each row as the text of a JSON array; `null` at the end when they have more than `maxBytes`. */
  async rows(
    statement: RunnableStatement,
    columns: readonly ResultColumn[],
    { limit, maxBytes }: { readonly limit: number; readonly maxBytes: number },
  ): Promise<(string | null)[]> {
    const names = columns.map((_, index) => `zerodb_c${index}`);
    const values = names.map((name, index) => `${name}${castOf(columns[index]?.type ?? '')}`);
    const shape = names.length === 0 ? '' : `(${names.map(quotedName).join(', ')})`;
    const sql = `${withRelations(statement)}select json_build_array(${values.join(', ')})::text from (${statement.select}
      ) as zerodb_result${shape} limit ${limit}`;
    const { rows } = await this.tx.query<{ line: string | null }>(
      'select line from zerodb_sql_rows($1, $2::jsonb, $3) as line',
      [sql, JSON.stringify(statement.found), maxBytes],
    );
    return rows.map(({ line }) => line);
  }
}

/** As text where a number in JSON would lose digits. */
const castOf = (type: string): string => {
  if (type === 'bigint' || type === 'numeric') return '::text';
  return type === 'bigint[]' || type === 'numeric[]' ? '::text[]' : '';
};

const wholeOf = (statement: RunnableStatement): string =>
  `${withRelations(statement)}select * from (${statement.select}\n) as zerodb_result`;

/** `$1` is named first: Postgres would not know its type where no search is read. */
const withRelations = ({ relations }: RunnableStatement): string =>
  `with ${['zerodb_found as not materialized (select $1::jsonb as found)', ...relations].join(', ')} `;
