import type { QueryRunner } from 'typeorm';
import { RECORD_STAMPS_SQL } from './sql/record-stamps';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

/**
 * Without foreign keys: a writer must not wait for whoever changes its collection. Slots grow, so that a look from the newest
 * one down leaves dead versions behind it.
 */
const STAMPS = `create table if not exists zerodb_record_stamps (
  collection_id int not null,
  slot bigint generated always as identity,
  project_id int not null,
  stamp uuid not null default gen_random_uuid(),
  primary key (collection_id, slot)) with (fillfactor = 50)`;

/**
 * Whether the records of a collection have changed is told by a few rows, for answers of searches that are kept. The tables of
 * existing collections get their triggers at the start, one at a time (`src/database/migrate/watch-records.ts`): here their
 * writers would wait until everything is committed.
 */
export class RecordStamps1700000000065 extends ForwardOnly {
  readonly name = 'RecordStamps1700000000065';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(STAMPS);
    await runner.query(enableRowLevelSecurity('zerodb_record_stamps'));
    await runner.query(RECORD_STAMPS_SQL);
  }
}
