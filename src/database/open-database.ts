import { EmbeddedDatabase } from './embedded/embedded-database';
import type { Durability } from './embedded/worker-messages';
import { migrate } from './migrate/migrate';
import { ServerDatabase } from './server/server-database';
import type { SessionDatabase } from './sessions/session-database';

export type DatabaseOptions =
  | { readonly engine: 'embedded'; readonly dataDir: string | null; readonly durability?: Durability }
  | { readonly engine: 'server'; readonly url: string; readonly poolSize?: number };

/** Opens the engine, without migrating it. */
export async function connectDatabase(options: DatabaseOptions): Promise<SessionDatabase> {
  return options.engine === 'embedded' ? EmbeddedDatabase.open(options) : new ServerDatabase(options);
}

/** Opens the engine and migrates it to this version. */
export async function openDatabase(options: DatabaseOptions): Promise<SessionDatabase> {
  const database = await connectDatabase(options);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
