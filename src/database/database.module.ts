import { Inject, Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Database } from './database.port';
import { DATABASE_OPTIONS } from './database.tokens';
import { Autovacuum } from './embedded/autovacuum';
import { checkDrift, type Drift } from './drift/drift';
import { Notifications } from './notifications';
import { openDatabase, type DatabaseOptions } from './open-database';

/** Opens, migrates and checks the database before anything that needs it starts; closes it when everything has stopped. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** `options` names what gives the options: an existing provider's token and how to read them from it. */
  static forRootAsync(options: {
    inject: (symbol | string | (abstract new (...args: never[]) => unknown))[];
    useFactory: (...args: never[]) => DatabaseOptions;
  }): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: DATABASE_OPTIONS, inject: options.inject, useFactory: options.useFactory },
        { provide: Database, inject: [DATABASE_OPTIONS], useFactory: openChecked },
        Autovacuum,
        Notifications,
      ],
      exports: [Database, Notifications],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

async function openChecked(options: DatabaseOptions): Promise<Database> {
  const database = await openDatabase(options);
  try {
    report(await checkDrift(database));
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Throws when something is missing without which requests would fail; the rest is a warning. */
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
