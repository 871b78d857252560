import type { QueryRunner } from 'typeorm';
import { GUARDED_PARTITIONS_SQL } from './sql/guarded-partitions';
import { ForwardOnly } from './support/forward-only';

// A collection that is gone, until its tables are: a name goes in a moment, tables when nobody uses them.
const DROPPED = `create table if not exists zerodb_dropped_collections (
  collection_id int primary key,
  dropped_at timestamptz not null default now(),
  run_after timestamptz not null default now(),
  attempts int not null default 0,
  lease_until timestamptz)`;

/**
 * Partitions come and go without making other collections wait, and carry all guards from the beginning. Those that are
 * there already get theirs at start (see `guardTables`), one at a time.
 */
export class Isolation1700000000014 extends ForwardOnly {
  readonly name = 'Isolation1700000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DROPPED);
    await runner.query(GUARDED_PARTITIONS_SQL);
  }
}
