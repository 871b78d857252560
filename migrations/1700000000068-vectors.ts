import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './support/forward-only';
import { inTime } from './support/in-time';

const STATEMENTS = [
  // One of `dense`, `multi` and (`indices`, `weights`) is there. Indices have 32 bits without a sign, which `sparsevec` does not hold.
  `do $$ begin
     create type zerodb_named_vector as (name text collate "C", dense vector, multi vector[], indices bigint[], weights real[]);
   exception when duplicate_object then null;
   end $$`,
  `alter table zerodb_vectors add column if not exists vectors zerodb_named_vector[], alter column embedding drop not null`,
  // 0: the records have no vector without a name.
  `alter table zerodb_collections drop constraint if exists zerodb_collections_dimension_check`,
  `alter table zerodb_collections add constraint zerodb_collections_dimension_check check (dimension >= 0)`,
];

/** Vectors with names, sparse vectors and multivectors, each in the row of its record. */
export class Vectors1700000000068 extends ForwardOnly {
  readonly name = 'Vectors1700000000068';

  async up(runner: QueryRunner): Promise<void> {
    // Waiting for the lock of one partition would hold up everybody who uses another.
    await inTime(runner, STATEMENTS);
  }
}
