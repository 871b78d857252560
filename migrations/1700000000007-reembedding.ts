import type { QueryRunner } from 'typeorm';
import { REEMBEDDING_FUNCTIONS_SQL } from './sql/reembedding-functions';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

const TABLES = [
  // A collection and its twin in another model. `active_id` serves, `standby_id` follows it; a switch exchanges them.
  `create table zerodb_reembeddings (
     id text primary key,
     project_id int not null references zerodb_projects (id) on delete cascade,
     name text collate "C" not null,
     active_id int not null unique,
     standby_id int not null unique,
     from_model text not null,
     to_model text not null,
     state text not null check (state in ('filling', 'ready')),
     switched boolean not null default false,
     filled_to text collate "C",
     filled bigint not null default 0,
     total bigint not null default 0,
     comparison jsonb,
     paused_until timestamptz,
     lease_token text,
     lease_until timestamptz,
     run_after timestamptz not null default now(),
     attempts int not null default 0,
     last_error text,
     switched_at timestamptz,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now())`,
  `create index zerodb_reembeddings_project on zerodb_reembeddings (project_id, name)`,
  // What changed in the serving collection and is not in its twin yet.
  `create table zerodb_reembedding_dirty (
     reembedding_id text not null references zerodb_reembeddings (id) on delete cascade,
     project_id int not null,
     id text collate "C" not null,
     version bigint not null default nextval('zerodb_version'),
     run_after timestamptz not null default now(),
     attempts int not null default 0,
     last_error text,
     primary key (reembedding_id, id))`,
  `create index zerodb_reembedding_dirty_due on zerodb_reembedding_dirty (reembedding_id, run_after)`,
];

const SCOPED = ['zerodb_reembeddings', 'zerodb_reembedding_dirty'];

/** Collections that are re-embedded by another model, behind the one that serves. */
export class Reembedding1700000000007 extends ForwardOnly {
  readonly name = 'Reembedding1700000000007';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
    for (const table of SCOPED) await runner.query(enableRowLevelSecurity(table));
    await runner.query(REEMBEDDING_FUNCTIONS_SQL);
  }
}
