import { conflict } from '../common/errors';
import { PeerTls } from '../common/tls';
import type { DatabaseSettings } from '../config';
import { EmbeddedDatabase } from './embedded/embedded-database';
import type { Durability } from './embedded/worker-messages';
import { migrate } from './migrate/migrate';
import { ServerDatabase } from './server/server-database';
import type { SessionDatabase } from './sessions/session-database';

export type DatabaseOptions =
  | { readonly engine: 'embedded'; readonly dataDir: string | null; readonly durability?: Durability }
  | { readonly engine: 'server'; readonly url: string; readonly poolSize?: number; readonly tls?: PeerTls | undefined };

/** Where the record is kept, by the settings. */
export const databaseOptions = (database: DatabaseSettings): DatabaseOptions =>
  database.url === undefined
    ? { engine: 'embedded', dataDir: database.dataDir, durability: database.durability }
    : { engine: 'server', url: database.url, tls: PeerTls.of(database) };

/** Opens the engine, without migrating it. */
export async function connectDatabase(options: DatabaseOptions): Promise<SessionDatabase> {
  return options.engine === 'embedded' ? EmbeddedDatabase.open(options) : new ServerDatabase(options);
}

/** There while a backup is being restored: a database that holds a part of one must not serve. */
export const RESTORE_MARK = 'zerodb_restore_unfinished';

async function mustBeWhole(database: SessionDatabase): Promise<void> {
  const { rows } = await database.system.query<{ mark: string | null }>(`select to_regclass($1)::text as mark`, [
    RESTORE_MARK,
  ]);
  if (rows[0]?.mark === null) return;
  throw conflict(
    'This database holds a part of a backup: its restore runs, or did not finish. Wait for it, or repeat it with --force.',
  );
}

/** Opens the engine and migrates it to this version. */
export async function openDatabase(options: DatabaseOptions): Promise<SessionDatabase> {
  const database = await connectDatabase(options);
  try {
    await mustBeWhole(database);
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
