import { checkDrift, type Drift } from '../../database/drift/drift';
import { missingGrants, readLogin, warningsOf } from '../../database/isolation/login';
import { guardedTables, missingGuards } from '../../database/isolation/tables';
import type { Session } from '../../database/sessions/session';
import type { SessionDatabase } from '../../database/sessions/session-database';
import { plural } from '../output/format';
import { clockFinding } from './clock';
import { fault, ok, warning, type Finding } from './finding';
import { medianMs } from './within';

const ASK_MS = 5_000;
/** Pools, notifications, the probe, and the connection that cancels statements: of each process. */
const CONNECTIONS = 13;
const LEAST_SERVER = 14;
const LEAST_VECTOR = [0, 8] as const;
/** Postgres refuses writes at 2^31 - 3 million; autovacuum acts at 200 million. */
const OLD_TRANSACTIONS = 1_000_000_000;
const SLOW_MS = 20;

/** What Postgres says of itself. */
export interface PostgresFacts {
  readonly version_num: number;
  readonly version: string;
  readonly standby: boolean;
  readonly vector: string | null;
  readonly vector_available: boolean;
  readonly max_connections: number;
  readonly connections: number;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
  readonly wal_level: string;
  readonly archive_mode: string;
  readonly transaction_age: number;
  readonly is_new: boolean;
}

const FACTS = `SELECT current_setting('server_version_num')::int AS version_num, current_setting('server_version') AS version,
  pg_is_in_recovery() AS standby, (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector,
  EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS vector_available,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS max_connections,
  (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS connections,
  current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
  current_setting('synchronous_commit') AS synchronous_commit, current_setting('wal_level') AS wal_level,
  current_setting('archive_mode') AS archive_mode,
  (SELECT age(datfrozenxid)::int FROM pg_database WHERE datname = current_database()) AS transaction_age,
  to_regclass('zerodb_keys') IS NULL AS is_new`;

/** All that is asked of the server of `ZERODB_POSTGRES_URL`. Changes nothing. Rejects when it cannot be reached. */
export async function postgresFindings(database: SessionDatabase, hasBackups: boolean): Promise<readonly Finding[]> {
  const { session, release } = await database.dedicated();
  try {
    const facts = await factsOf(session);
    const latency = await medianMs(5, () => session.query('SELECT 1', [], ASK_MS));
    return [
      latencyFinding('postgres.latency', latency),
      ...settingFindings(facts, hasBackups),
      clockFinding('postgres.clock', await clockDifference(session)),
      ...(await loginFindings(session)),
      ...(facts.is_new ? [ok('postgres.schema', 'empty: the first start makes it')] : await guardFindings(session)),
      ...(facts.is_new ? [] : [schemaFinding(await checkDrift(database))]),
    ];
  } finally {
    await release();
  }
}

async function factsOf(session: Session): Promise<PostgresFacts> {
  const [facts] = (await session.query<PostgresFacts>(FACTS, [], ASK_MS)).rows;
  if (!facts) throw new Error('Postgres does not describe itself.');
  return facts;
}

export const latencyFinding = (check: string, ms: number): Finding =>
  ms < SLOW_MS
    ? ok(check, `${ms} ms`)
    : warning(check, `${ms} ms`, 'Run ZeroDB in the same network as the service: most requests make several calls.');

/** What follows from the server's own settings. */
export function settingFindings(facts: PostgresFacts, hasBackups: boolean): Finding[] {
  return [
    versionFinding(facts),
    vectorFinding(facts),
    ...(facts.standby
      ? [fault('postgres.role', 'a standby: it takes no writes', 'Point ZERODB_POSTGRES_URL at the primary.')]
      : [ok('postgres.role', 'primary')]),
    durabilityFinding(facts),
    archiveFinding(facts, hasBackups),
    connectionFinding(facts),
    ...(facts.transaction_age < OLD_TRANSACTIONS
      ? []
      : [
          warning(
            'postgres.transaction_age',
            `${facts.transaction_age} transactions are not frozen`,
            'Find what holds back autovacuum (old transactions, replication slots), and run VACUUM FREEZE.',
          ),
        ]),
  ];
}

const versionFinding = ({ version_num: number, version }: PostgresFacts): Finding =>
  Math.floor(number / 10_000) >= LEAST_SERVER
    ? ok('postgres.version', version)
    : warning('postgres.version', `${version} gets no more fixes`, `Upgrade to ${LEAST_SERVER} or newer.`);

function vectorFinding({ vector, vector_available: isAvailable }: PostgresFacts): Finding {
  const check = 'postgres.pgvector';
  if (vector === null)
    return isAvailable
      ? fault(check, 'installed, but not in this database', 'Let an administrator run: CREATE EXTENSION vector;')
      : fault(
          check,
          'not installed',
          'Install pgvector 0.8 or newer on the server, then run: CREATE EXTENSION vector;',
        );
  const [major = 0, minor = 0] = vector.split('.').map(Number);
  const isNew = major > LEAST_VECTOR[0] || (major === LEAST_VECTOR[0] && minor >= LEAST_VECTOR[1]);
  return isNew
    ? ok(check, vector)
    : fault(check, `${vector} is too old`, 'Install 0.8 or newer, then run: ALTER EXTENSION vector UPDATE;');
}

function durabilityFinding(facts: PostgresFacts): Finding {
  const off = (['fsync', 'full_page_writes', 'synchronous_commit'] as const).filter((name) => facts[name] === 'off');
  const [check, advice] = ['postgres.durability', 'Turn it on: acknowledged writes can be lost.'];
  if (off.length === 0) return ok(check, 'fsync, full_page_writes and synchronous_commit are on');
  const detail = `off: ${off.join(', ')}`;
  return off.includes('fsync') || off.includes('full_page_writes')
    ? fault(check, detail, `${advice} A power cut can leave the database unreadable.`)
    : warning(check, detail, advice);
}

function archiveFinding({ wal_level: level, archive_mode: archive }: PostgresFacts, hasBackups: boolean): Finding {
  const check = 'postgres.archive';
  const detail = `wal_level ${level}, archive_mode ${archive}`;
  if (archive !== 'off' && level !== 'minimal') return ok(check, detail);
  if (hasBackups) return ok(check, `${detail}; ZERODB_BACKUP_TO is set`);
  return warning(
    check,
    `${detail}, and ZERODB_BACKUP_TO is not set`,
    'Archive the WAL, or run `zerodb backup create` regularly: docs/disaster-recovery.md.',
  );
}

function connectionFinding({ max_connections: most, connections }: PostgresFacts): Finding {
  const check = 'postgres.connections';
  const free = most - connections;
  const detail = `${connections} of ${most} in use`;
  if (free >= 2 * CONNECTIONS) return ok(check, detail);
  const advice = `Raise max_connections: each process uses ${CONNECTIONS}, and a rolling upgrade runs one more.`;
  return free < CONNECTIONS ? fault(check, detail, advice) : warning(check, detail, advice);
}

/** Milliseconds, by the middle of the question's way. */
async function clockDifference(session: Session): Promise<number> {
  const before = Date.now();
  const sql = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms';
  const [row] = (await session.query<{ ms: number }>(sql, [], ASK_MS)).rows;
  return (row?.ms ?? 0) - (before + Date.now()) / 2;
}

async function loginFindings(session: Session): Promise<Finding[]> {
  const login = await readLogin(session);
  const statements = missingGrants(login);
  const warnings = warningsOf(login);
  const check = 'postgres.login';
  if (statements.length > 0)
    return [fault(check, 'rights are missing', `Let an administrator run: ${statements.join(' ')}`)];
  if (warnings.length > 0)
    return warnings.map((text) => warning(check, text, 'docs/operations.md#the-database-login has the statements.'));
  return [ok(check, login.login)];
}

/** Row-level security, on every table and partition with rows of projects. */
async function guardFindings(session: Session): Promise<Finding[]> {
  const check = 'postgres.row_level_security';
  const tables = await guardedTables(session);
  const open = tables.filter(({ others }) => others.length > 0).map(({ name }) => name);
  const unguarded = tables.filter((table) => missingGuards(table).length > 0).map(({ name }) => name);
  if (open.length > 0)
    return [
      fault(check, `foreign policies on ${some(open)}`, 'Drop them: they can show one project the rows of another.'),
    ];
  if (unguarded.length > 0)
    return [fault(check, `missing on ${some(unguarded)}`, 'Run: zerodb db migrate (or start the server)')];
  return [ok(check, `on ${plural(tables.length, 'table')}`)];
}

const some = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

function schemaFinding(drifts: readonly Drift[]): Finding {
  if (drifts.length === 0) return ok('postgres.schema', 'that of this version');
  const detail = `${plural(drifts.length, 'object')} differ from this version`;
  const advice = 'Run: zerodb db check, then zerodb db migrate or zerodb db fix';
  return drifts.some(({ fatal }) => fatal)
    ? fault('postgres.schema', detail, advice)
    : warning('postgres.schema', detail, advice);
}
