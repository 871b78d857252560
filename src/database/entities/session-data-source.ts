import { DataSource, type DataSourceOptions, type EntityManager, type QueryRunner } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import type { Database, Executor } from '../database.port';
import { ExecutorQueryRunner } from './executor-query-runner';

export interface SessionDataSourceOptions {
  readonly sessions: Database;
  readonly entities: NonNullable<DataSourceOptions['entities']>;
}

/** Keeps TypeORM from loading `pg`, of which it opens no pool here. */
class NoPool {}

/**
 * TypeORM's entities on the sessions of `Database`. It has no connections and sends no statement when it is initialized.
 * A repository must be told whose rows it reads: see `inScope`.
 */
export class SessionDataSource extends DataSource {
  readonly sessions: Database;

  constructor({ sessions, entities }: SessionDataSourceOptions) {
    super({ type: 'postgres', entities, driver: { Pool: NoPool }, installExtensions: false, logging: false });
    this.sessions = sessions;
  }

  override async initialize(): Promise<this> {
    await this.buildMetadatas();
    return Object.assign(this, { isInitialized: true });
  }

  /** `Database` closes the connections. */
  override async destroy(): Promise<void> {
    Object.assign(this, { isInitialized: false });
  }

  override createQueryRunner(): never {
    throw new Error(
      'Whose rows? Use inScope(repository, scope), asSystem(repository) or inTransaction(repository, tx) first.',
    );
  }

  /** Its repositories send their statements to `executor`. */
  managerOver(executor: Executor, isTransactionActive: boolean): EntityManager {
    const runner = new ExecutorQueryRunner(this.driver as PostgresDriver, executor, isTransactionActive);
    const manager = this.createEntityManager(runner as QueryRunner);
    Object.assign(runner, { manager });
    return manager;
  }
}
