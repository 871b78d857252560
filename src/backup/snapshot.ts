import { TAKE_BACKUP_HOLD } from '../database/backup-hold';
import type { Session } from '../database/sessions/session';
import type { DedicatedSession, SessionDatabase } from '../database/sessions/session-database';

/** One instant of the record. Everything read through it is of that instant, whatever is written meanwhile. */
export interface Snapshot {
  readonly engine: 'embedded' | 'server';
  readonly instant: Date;
  query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** The column `line` of a statement, a batch of rows at a time. */
  lines(sql: string): AsyncGenerator<readonly string[]>;
  close(): Promise<void>;
}

const LIMIT_MS = 24 * 3_600_000;
const FIRST_ROWS = 64;
/** Few, as rows may grow from one batch to the next, and two batches are in memory. */
const MAX_ROWS = 200;
/** A batch of rows in memory, about. */
const BATCH_BYTES = 1024 * 1024;
const BEGIN = 'begin transaction isolation level repeatable read read only';

/**
 * A server: one connection exports a snapshot and holds it, another imports it table by table. So the locks of
 * one table are held at a time: a single transaction over ten thousand collections would need more than a server has.
 */
export async function snapshotOfServer(database: SessionDatabase): Promise<Snapshot> {
  const holder = await database.dedicated();
  try {
    await ask(holder.session, 'set idle_in_transaction_session_timeout = 0');
    await ask(holder.session, TAKE_BACKUP_HOLD);
    await ask(holder.session, BEGIN);
    const [row] = await ask<{ id: string; now: Date }>(
      holder.session,
      'select pg_export_snapshot() as id, clock_timestamp() as now',
    );
    const reader = await database.dedicated();
    await ask(reader.session, 'set idle_in_transaction_session_timeout = 0');
    const start = [BEGIN, `set transaction snapshot '${row?.id ?? ''}'`];
    return {
      engine: 'server',
      instant: row?.now ?? new Date(),
      query: (sql, params) => ask(holder.session, sql, params),
      lines: (sql) => linesOf(reader.session, start, sql),
      close: async () => {
        await reader.release();
        await holder.release();
      },
    };
  } catch (error) {
    await holder.release();
    throw error;
  }
}

/**
 * An embedded database that nobody else uses: its folder is locked by this process, or it is a copy of one. What does not
 * change needs no transaction around all.
 */
export async function snapshotOfEmbedded(database: SessionDatabase, instant = new Date()): Promise<Snapshot> {
  return Promise.resolve({
    engine: 'embedded',
    instant,
    query: async <Row>(sql: string, params?: readonly unknown[]) =>
      (await database.system.query<Row>(sql, params)).rows,
    lines: (sql) => linesIn(database, sql),
    close: () => Promise.resolve(),
  });
}

async function* linesIn(database: SessionDatabase, sql: string): AsyncGenerator<readonly string[]> {
  const one: DedicatedSession = await database.dedicated();
  try {
    yield* linesOf(one.session, [BEGIN], sql);
  } finally {
    await one.release();
  }
}

/** By a cursor, in batches of about the same bytes, the next one being fetched while the last one is used. */
async function* linesOf(session: Session, start: readonly string[], sql: string): AsyncGenerator<readonly string[]> {
  for (const statement of start) await ask(session, statement);
  try {
    await ask(session, `declare backup_rows no scroll cursor for ${sql}`);
    let size = FIRST_ROWS;
    let next = fetchRows(session, size);
    for (;;) {
      const lines = await next;
      if (lines.length === 0) return;
      size = nextSize(lines);
      next = fetchRows(session, size);
      next.catch(() => undefined);
      yield lines;
    }
  } finally {
    if (!session.isDead) await ask(session, 'rollback');
  }
}

async function fetchRows(session: Session, rows: number): Promise<string[]> {
  const found = await ask<{ line: string }>(session, `fetch forward ${rows} from backup_rows`);
  return found.map(({ line }) => line);
}

/** By the largest row of the last batch. */
function nextSize(lines: readonly string[]): number {
  const largest = lines.reduce((most, { length }) => Math.max(most, length), 1);
  return Math.max(1, Math.min(MAX_ROWS, Math.round(BATCH_BYTES / largest)));
}

async function ask<Row>(session: Session, sql: string, params?: readonly unknown[]): Promise<Row[]> {
  return (await session.query<Row>(sql, params, LIMIT_MS)).rows;
}
