import { Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ZeroDbError } from '../common/errors';
import { messageOf } from '../common/message-of';
import { sleep } from '../common/sleep';
import { Database } from './database.port';
import { DATABASE_OPTIONS } from './database.tokens';
import { Autovacuum } from './embedded/autovacuum';
import { checkDrift, type Drift } from './drift/drift';
import { Notifications } from './notifications';
import { SessionDataSource, type SessionDataSourceOptions } from './entities/session-data-source';
import { openDatabase, type DatabaseOptions } from './open-database';
import { SettingEntity } from './setting.entity';
import { SettingsRepository } from './settings.repository';
import { isTlsFault } from './sessions/faults';
import type { SessionDatabase } from './sessions/session-database';

/** Makes `TypeOrmModule.forFeature([…])` and `@InjectRepository(…)` work on our sessions. */
const entities = (): DynamicModule =>
  TypeOrmModule.forRootAsync({
    inject: [Database],
    useFactory: (sessions: Database) => ({ type: 'postgres', sessions, autoLoadEntities: true, retryAttempts: 0 }),
    // Nest adds the entities that the features name.
    dataSourceFactory: (options) =>
      Promise.resolve(new SessionDataSource(options as unknown as SessionDataSourceOptions)),
  });

/** Opens, migrates and checks the database before anything that needs it starts; closes it when everything has stopped. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  /** `options` names an existing provider's token and how to read the options from it. */
  static forRootAsync(options: {
    inject: (symbol | string | (abstract new (...args: never[]) => unknown))[];
    useFactory: (...args: never[]) => DatabaseOptions;
  }): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [entities(), TypeOrmModule.forFeature([SettingEntity])],
      providers: [
        { provide: DATABASE_OPTIONS, inject: options.inject, useFactory: options.useFactory },
        { provide: Database, inject: [DATABASE_OPTIONS], useFactory: openChecked },
        Autovacuum,
        Notifications,
        SettingsRepository,
      ],
      exports: [Database, Notifications, SettingsRepository],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

/** Services of one compose file may start in any order. */
const WAIT_MS = 30_000;
const RETRY_MS = 500;

async function openChecked(options: DatabaseOptions): Promise<Database> {
  const database = await untilReachable(() => openDatabase(options));
  try {
    for (const warning of database.warnings()) new Logger('Database').warn(warning);
    report(await checkDrift(database));
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

const notSecure = (cause: unknown): Error =>
  new Error(
    `No secure connection to Postgres: ${messageOf(cause)}. Check ZERODB_POSTGRES_CA_FILE and the sslmode in ZERODB_POSTGRES_URL.`,
    { cause },
  );

async function untilReachable(open: () => Promise<SessionDatabase>): Promise<SessionDatabase> {
  const until = performance.now() + WAIT_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      const isAway = error instanceof ZeroDbError && error.code === 'unavailable';
      if (!isAway) throw error;
      const { cause } = error;
      if (isTlsFault(cause)) throw notSecure(cause);
      if (performance.now() > until) throw notThere(error);
      if (attempt === 1)
        new Logger('Database').warn(`Postgres is not reachable yet; waiting up to ${WAIT_MS / 1000} s.`);
      await sleep(RETRY_MS);
    }
  }
}

/** The first sentence that a wrong address gets: it names the setting. */
const notThere = ({ cause }: ZeroDbError): ZeroDbError =>
  new ZeroDbError(
    'unavailable',
    503,
    `Postgres did not answer within ${WAIT_MS / 1000} s (${messageOf(cause)}). Check that it runs, and ZERODB_POSTGRES_URL.`,
    { cause },
  );

/** Throws when something that requests need is missing; logs a warning for the rest. */
function report(drifts: readonly Drift[]): void {
  const names = (some: readonly Drift[]): string => some.map(({ object, kind }) => `${object} (${kind})`).join(', ');
  const fatal = drifts.filter((drift) => drift.fatal);
  if (fatal.length > 0) {
    throw new Error(`The database lacks ${names(fatal)}. See "zerodb db check"; "zerodb db fix" repairs what is safe.`);
  }
  if (drifts.length > 0) {
    new Logger('Database').warn(`The schema differs from this version's in ${names(drifts)}. See "zerodb db check".`);
  }
}
