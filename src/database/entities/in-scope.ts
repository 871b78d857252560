import type { ObjectLiteral, Repository } from 'typeorm';
import type { Scope } from '../../common/scope';
import type { Executor } from '../database.port';
import type { SessionDataSource } from './session-data-source';

/** The same repository on the project's sessions: row-level security hides all other projects' rows from it. */
export const inScope = <T extends ObjectLiteral>(repository: Repository<T>, scope: Scope): Repository<T> => {
  const { sessions } = sourceOf(repository);
  return over(repository, { query: (sql, params) => sessions.query(scope, sql, params) }, false);
};

/** The same repository on the system's sessions, which see the rows of all projects. */
export const asSystem = <T extends ObjectLiteral>(repository: Repository<T>): Repository<T> =>
  over(repository, sourceOf(repository).sessions.system, false);

/** The same repository in a transaction of `Database`. */
export const inTransaction = <T extends ObjectLiteral>(repository: Repository<T>, tx: Executor): Repository<T> =>
  over(repository, tx, true);

const over = <T extends ObjectLiteral>(
  repository: Repository<T>,
  executor: Executor,
  isTransactionActive: boolean,
): Repository<T> => sourceOf(repository).managerOver(executor, isTransactionActive).getRepository(repository.target);

/** The only data source that `DatabaseModule` opens. */
const sourceOf = <T extends ObjectLiteral>({ manager }: Repository<T>): SessionDataSource =>
  manager.dataSource as SessionDataSource;
