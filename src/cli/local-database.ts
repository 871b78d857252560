import { existsSync } from 'node:fs';
import { loadConfiguration } from '../config/load-configuration';
import { connectDatabase, databaseOptions, type DatabaseOptions } from '../database/open-database';
import { CliError } from './errors';
import type { CliIo } from './io';

export type LocalDatabase = Awaited<ReturnType<typeof connectDatabase>>;

/** Opens the database that a server started here would use, as it is (nothing is migrated), and closes it afterwards. */
export async function withLocalDatabase<T>(
  io: CliIo,
  work: (database: LocalDatabase) => Promise<T>,
  options: { readonly create?: boolean } = {},
): Promise<T> {
  const { database } = loadConfiguration(io.env, process.cwd());
  if (database.url === undefined && options.create !== true) mustExist(database.dataDir);
  return withDatabase(databaseOptions(database), work);
}

export async function withDatabase<T>(
  options: DatabaseOptions,
  work: (database: LocalDatabase) => Promise<T>,
): Promise<T> {
  const database = await connectDatabase(options);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Looking at a database must not make one. */
function mustExist(dataDir: string): void {
  if (existsSync(dataDir)) return;
  throw new CliError(
    `There is no data in ${dataDir}.`,
    undefined,
    'Start the server once, or name the folder with ZERODB_DATA_DIR, or a Postgres server with ZERODB_POSTGRES_URL.',
  );
}
