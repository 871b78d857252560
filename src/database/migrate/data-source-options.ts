import type { DataSourceOptions } from 'typeorm';
import { migrationFiles } from './migration-files';

/** How TypeORM runs and records the migrations, in the product and on its command line. */
export const dataSourceOptions = (
  migrations: DataSourceOptions['migrations'] = [migrationFiles()],
): Extract<DataSourceOptions, { type: 'postgres' }> => ({
  type: 'postgres',
  migrations,
  migrationsTableName: 'zerodb_migrations',
  migrationsTransactionMode: 'each',
  installExtensions: false,
  logging: false,
});
