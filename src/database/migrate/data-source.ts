import { DataSource, Migration } from 'typeorm';
import { loadConfigurationOfProcess } from '../../config';
import { ServerDatabase } from '../server/server-database';
import { dataSourceOptions } from './data-source-options';
import { migrate } from './migrate';

/** A migration's name ends with its time in milliseconds. */
const STAMP_DIGITS = 13;

/** The Postgres server of the settings, for TypeORM's own command line: `npm run migration:show` and its like. */
class ServerDataSource extends DataSource {
  constructor(private readonly url: string) {
    super({ ...dataSourceOptions(), url });
  }

  /** As at the product's start: with the role, the lock against other processes, and the proof of isolation. */
  override async runMigrations(): Promise<Migration[]> {
    const database = new ServerDatabase({ url: this.url });
    try {
      const { applied } = await migrate(database);
      return applied.map((name) => new Migration(undefined, Number(name.slice(-STAMP_DIGITS)), name));
    } finally {
      await database.close();
    }
  }
}

const urlOfProcess = (): string => {
  const { url } = loadConfigurationOfProcess().database;
  if (url !== undefined) return url;
  throw new Error(
    'Set ZERODB_POSTGRES_URL: the embedded Postgres is migrated at each start, and by `zerodb db migrate`.',
  );
};

export const dataSource = new ServerDataSource(urlOfProcess());
