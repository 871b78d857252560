import { DataSource, Migration } from 'typeorm';
import { loadConfigurationOfProcess } from '../../config';
import { PeerTls } from '../../common/tls';
import { connectionOf } from '../server/connection';
import { ServerDatabase, type ServerOptions } from '../server/server-database';
import { dataSourceOptions } from './data-source-options';
import { migrate } from './migrate';

/** A migration's name ends with its time in milliseconds. */
const STAMP_DIGITS = 13;

/** The Postgres server of the settings, for TypeORM's own command line: `npm run migration:show` and its like. */
class ServerDataSource extends DataSource {
  constructor(private readonly server: ServerOptions) {
    super({ ...dataSourceOptions(), ...typeormTls(server) });
  }

  /** As at the product's start: with the role, the lock against other processes, and the proof of isolation. */
  override async runMigrations(): Promise<Migration[]> {
    const database = new ServerDatabase(this.server);
    try {
      const { applied } = await migrate(database);
      return applied.map((name) => new Migration(undefined, Number(name.slice(-STAMP_DIGITS)), name));
    } finally {
      await database.close();
    }
  }
}

const typeormTls = ({ url, tls }: ServerOptions) => {
  const { connectionString, ssl } = connectionOf(url, tls);
  return { url: connectionString, ...(ssl === undefined ? {} : { ssl }) };
};

const serverOfProcess = (): ServerOptions => {
  const { url, ...files } = loadConfigurationOfProcess().database;
  if (url !== undefined) return { url, tls: PeerTls.of(files) };
  throw new Error(
    'Set ZERODB_POSTGRES_URL: the embedded Postgres is migrated at each start, and by `zerodb db migrate`.',
  );
};

export const dataSource = new ServerDataSource(serverOfProcess());
