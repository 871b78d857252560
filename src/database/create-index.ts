import type { Database } from './database.port';

/**
 * Runs `ddl`, which makes the index `name` unless it exists. What an interrupted concurrent build left of it is dropped first.
 * Throws when the index is not complete afterwards: another process builds it right now.
 */
export async function createIndex(database: Database, name: string, ddl: string): Promise<void> {
  if (await isIncomplete(database, name)) await dropIndex(database, name);
  await database.system.query(ddl);
  if (await isIncomplete(database, name)) throw new Error(`The index ${name} is not complete.`);
}

/** Names are made of numbers and digests, never of input. On a server nobody waits for it. */
export async function dropIndex(database: Database, name: string): Promise<void> {
  const how = database.engine === 'server' ? 'concurrently ' : '';
  await database.system.query(`drop index ${how}if exists ${name}`);
}

/** Searches never use it, and writes fill it all the same. */
async function isIncomplete({ system }: Database, name: string): Promise<boolean> {
  const sql = 'select from pg_index where indexrelid = to_regclass($1) and not indisvalid';
  return (await system.query(sql, [name])).rowCount > 0;
}
