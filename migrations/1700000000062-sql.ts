import type { QueryRunner } from 'typeorm';
import { SQL_FUNCTIONS_SQL } from './sql/sql-functions';
import { ForwardOnly } from './support/forward-only';

/**
 * The functions that run users' statements, and the secret that signs which project they are for. The role itself, its
 * policies and the functions' owner follow at each start (see `prepareSqlRole`): a login may have got the right to
 * make them meanwhile.
 */
export class Sql1700000000062 extends ForwardOnly {
  readonly name = 'Sql1700000000062';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SQL_FUNCTIONS_SQL);
  }
}
