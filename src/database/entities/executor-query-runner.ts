import { QueryResult } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner';
import type { Executor } from '../database.port';

/**
 * Sends TypeORM's statements through an executor of ours, which knows the role, the project, the deadline and the
 * receipt. It has no connection and begins no transaction. Errors stay as `Database` throws them.
 */
export class ExecutorQueryRunner extends PostgresQueryRunner {
  constructor(
    driver: PostgresDriver,
    private readonly executor: Executor,
    isTransactionActive: boolean,
  ) {
    super(driver, 'master');
    this.isTransactionActive = isTransactionActive;
  }

  override async query(sql: string, params?: unknown[], useStructuredResult = false): Promise<unknown> {
    const { rows, rowCount } = await this.executor.query(sql, params);
    if (!useStructuredResult) return rows;
    return Object.assign(new QueryResult(), { raw: rows, records: rows, affected: rowCount });
  }

  /** Nothing is held. */
  override async release(): Promise<void> {}

  override connect(): Promise<never> {
    return refuse('has no connection');
  }

  override startTransaction(): Promise<never> {
    return refuse('begins no transaction');
  }

  override commitTransaction(): Promise<never> {
    return refuse('ends no transaction');
  }

  override rollbackTransaction(): Promise<never> {
    return refuse('ends no transaction');
  }
}

const refuse = (what: string): Promise<never> =>
  Promise.reject(new Error(`An entity's repository ${what}. Use Database.transaction() and inTransaction().`));
