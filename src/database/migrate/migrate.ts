import { DataSource, type DataSourceOptions, type MigrationInterface } from 'typeorm';
import type { Session } from '../sessions/session';
import { APP_ROLE, type SessionDatabase } from '../sessions/session-database';
import { guardTables, loginWarnings, mustHaveRole } from '../isolation/isolation';
import { prepareSqlRole } from '../isolation/sql-role';
import { mustNotShareProcess, proveIsolation } from '../isolation/self-test';
import { bootstrap } from './bootstrap';
import { dataSourceOptions } from './data-source-options';
import { poolOver } from './single-client-pool';
import { watchRecords } from './watch-records';

export interface Migrated {
  /** Names of the migrations that ran now; empty when the database was up to date. */
  readonly applied: string[];
}

/** Any fixed number. Processes that start at the same time queue for this advisory lock. */
const LOCK = 7_700_001;
const LOCK_WAIT_MS = 600_000;

/** Brings the database to this version. Safe to repeat, and to run from several processes at once. */
export async function migrate(
  database: SessionDatabase,
  migrations?: DataSourceOptions['migrations'],
): Promise<Migrated> {
  const { session, release } = await database.dedicated();
  try {
    if (database.engine === 'server') await session.query('SELECT pg_advisory_lock($1)', [LOCK], LOCK_WAIT_MS);
    await bootstrap(session);
    await mustHaveRole(session);
    const { applied, isNew } = await run(session, migrations);
    await guardTables(session, isNew);
    const left = await prepareSqlRole(session, isNew);
    const unwatched = await watchRecords(session);
    await proveIsolation(session, APP_ROLE);
    if (database.engine === 'server') await mustHaveOwnProcess(database, session);
    const warnings = database.engine === 'server' ? await loginWarnings(session) : [];
    database.warn([
      ...warnings,
      ...inUse('SQL cannot read', left),
      ...inUse('Answers of searches are not kept for', unwatched),
    ]);
    return { applied };
  } finally {
    if (database.engine === 'server' && !session.isDead) {
      await session.query('SELECT pg_advisory_unlock($1)', [LOCK], LOCK_WAIT_MS).catch(() => undefined);
    }
    await release();
  }
}

const inUse = (lack: string, tables: readonly string[]): string[] =>
  tables.length === 0
    ? []
    : [
        `${lack} ${tables.length} tables (${tables.slice(0, 5).join(', ')}): others used them all the time. The next start tries again.`,
      ];

/** Names of the migrations that this version knows, in their order. */
export async function knownMigrations(database: SessionDatabase): Promise<string[]> {
  return await withSource(database, (source) => Promise.resolve(source.migrations.map(nameOf)));
}

/**
 * Brings an empty database to the schema of an earlier version: what these migrations make. `migrate` does the rest, and
 * must follow. For a restore only, while nobody else uses the database.
 */
export async function migrateTo(database: SessionDatabase, names: readonly string[]): Promise<void> {
  const wanted = new Set(names);
  const classes = await withSource(database, (source) =>
    Promise.resolve(source.migrations.filter((one) => wanted.has(nameOf(one))).map((one) => one.constructor)),
  );
  const { session, release } = await database.dedicated();
  try {
    await bootstrap(session);
    await mustHaveRole(session);
    await run(session, classes);
  } finally {
    await release();
  }
}

const nameOf = (migration: MigrationInterface): string => migration.name ?? migration.constructor.name;

async function withSource<T>(database: SessionDatabase, work: (source: DataSource) => Promise<T>): Promise<T> {
  const { session, release } = await database.dedicated();
  const source = new DataSource({ ...dataSourceOptions(), driver: { Pool: poolOver(session.raw) } });
  try {
    await source.initialize();
    return await work(source);
  } finally {
    if (source.isInitialized) await source.destroy();
    await release();
  }
}

async function mustHaveOwnProcess(database: SessionDatabase, session: Session): Promise<void> {
  const other = await database.dedicated();
  try {
    await mustNotShareProcess(session, other.session);
  } finally {
    await other.release();
  }
}

async function run(
  session: Session,
  migrations?: DataSourceOptions['migrations'],
): Promise<Migrated & { readonly isNew: boolean }> {
  const source = new DataSource({ ...dataSourceOptions(migrations), driver: { Pool: poolOver(session.raw) } });
  await source.initialize();
  try {
    const applied = (await source.runMigrations()).map(({ name }) => name);
    return { applied, isNew: applied.length === source.migrations.length };
  } finally {
    await source.destroy();
  }
}
