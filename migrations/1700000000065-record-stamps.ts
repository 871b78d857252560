import type { QueryRunner } from 'typeorm';
import { RECORD_STAMPS_SQL } from './sql/record-stamps';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

// Without foreign keys: a writer must not wait for whoever changes its collection. Pages keep room for the next stamp.
const STAMPS = `create table if not exists zerodb_record_stamps (
  collection_id int not null,
  slot int not null,
  project_id int not null,
  stamp uuid not null default gen_random_uuid(),
  primary key (collection_id, slot)) with (fillfactor = 50)`;

const EXISTING = `select zerodb_watch_records(substr(c.relname, length('zerodb_vectors_') + 1)::int)
  from pg_class c join pg_inherits i on i.inhrelid = c.oid
  where i.inhparent = 'zerodb_vectors'::regclass and c.relname ~ '^zerodb_vectors_[0-9]+$'
  order by c.oid`;

const REMEDIES: Readonly<Record<string, string>> = {
  '55P03':
    'The tables of the collections are in use by other transactions, and were not free within 5 seconds. Nothing was changed. ' +
    'Start again; if it fails again, stop the processes of the former version first.',
  '53200':
    'Postgres has no room for a lock on the table of each collection. Nothing was changed. Set max_locks_per_transaction ' +
    'to the number of collections divided by 20, restart Postgres, and start again.',
};

function explain(error: unknown): never {
  const remedy = REMEDIES[String((error as { code?: unknown }).code)];
  throw remedy === undefined ? error : new Error(remedy, { cause: error });
}

/** Whether the records of a collection have changed is told by a few rows, for answers of searches that are kept. */
export class RecordStamps1700000000065 extends ForwardOnly {
  readonly name = 'RecordStamps1700000000065';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(STAMPS);
    await runner.query(enableRowLevelSecurity('zerodb_record_stamps'));
    await runner.query(RECORD_STAMPS_SQL);
    // Waiting for the lock of one collection would hold up everybody who uses another.
    await runner.query(`set local lock_timeout = '5s'`);
    await runner.query(EXISTING).catch(explain);
    await runner.query('set local lock_timeout = 0');
  }
}
