import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

const TABLE = `create table if not exists zerodb_slow_filters (
  collection_id int not null references zerodb_collections (id) on delete cascade,
  project_id int not null,
  field text not null,
  type text not null,
  operators text[] not null,
  searches bigint not null,
  total_ms float8 not null,
  worst_ms float8 not null,
  selected_share float8 not null,
  index_share float8 not null,
  records bigint not null,
  total_cost float8 not null,
  last_at timestamptz not null default now(),
  build_operation text,
  lease_token text,
  lease_until timestamptz,
  run_after timestamptz not null default now(),
  attempts int not null default 0,
  primary key (collection_id, field, type))`;

/** Which metadata fields were filtered slowly, and the indexes that are to be built on them. Values of filters are not kept. */
export class FilterAdvice1700000000064 extends ForwardOnly {
  readonly name = 'FilterAdvice1700000000064';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
    await runner.query(
      `create index if not exists zerodb_slow_filters_builds on zerodb_slow_filters (run_after) where build_operation is not null`,
    );
    await runner.query(enableRowLevelSecurity('zerodb_slow_filters'));
  }
}
