import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { explainLocks } from './support/explain-locks';
import { ForwardOnly } from './support/forward-only';

const STATEMENTS = [
  // The newest build of the vector index that holds the record; 0 is the first one, which `indexed` tells.
  `alter table zerodb_vectors add column if not exists index_build int not null default 0`,
  // What a copy is to be searched by beside its originals, and what the engine took of it; null: the same.
  `alter table zerodb_copies add column if not exists compression text not null default 'none'`,
  `alter table zerodb_copies add column if not exists holds text`,
  // What was measured of a collection's compression, and who works on it.
  `create table if not exists zerodb_compressions (
     collection_id int primary key references zerodb_collections (id) on delete cascade,
     project_id int not null,
     measurement jsonb,
     measured_at timestamptz,
     measure_operation text,
     lease_token text,
     lease_until timestamptz,
     run_after timestamptz not null default now(),
     attempts int not null default 0,
     last_error text)`,
];

/** Vector indexes that are replaced by others with smaller codes, and what their recall was measured to be. */
export class Compression1700000000061 extends ForwardOnly {
  readonly name = 'Compression1700000000061';

  async up(runner: QueryRunner): Promise<void> {
    // Waiting for the lock of one partition would hold up everybody who uses another.
    await runner.query(`set local lock_timeout = '5s'`);
    for (const statement of STATEMENTS) await runner.query(statement).catch(explainLocks);
    await runner.query('set local lock_timeout = 0');
    await runner.query(enableRowLevelSecurity('zerodb_compressions'));
  }
}
