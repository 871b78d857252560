/**
 * Held, shared, by the connection of a running backup. It reads what was there at one instant, and that takes a while:
 * tables and bytes that are no longer needed stay until it has ended.
 */
const HOLD = 7_700_064;

export const TAKE_BACKUP_HOLD = `select pg_advisory_lock_shared(${HOLD})`;
export const RELEASE_BACKUP_HOLD = `select pg_advisory_unlock_shared(${HOLD})`;

/** A condition: no backup of this database is running. Ended by Postgres when the backup's process dies. */
export const NO_BACKUP_RUNS = `not exists (select from pg_locks where locktype = 'advisory' and granted
  and classid = 0 and objid = ${HOLD} and database = (select oid from pg_database where datname = current_database()))`;
