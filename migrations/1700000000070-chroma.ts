import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';
import { inTime } from './support/in-time';

const TABLES = [
  // A tenant is the row whose name is empty.
  `create table if not exists zerodb_chroma_databases (
     project_id int not null references zerodb_projects (id) on delete cascade,
     tenant text collate "C" not null,
     name text collate "C" not null,
     id uuid not null default gen_random_uuid(),
     created_at timestamptz not null default now(),
     primary key (project_id, tenant, name))`,
  // The records are those of a collection, which is made with the first of them: only then is its dimension known.
  `create table if not exists zerodb_chroma_collections (
     project_id int not null references zerodb_projects (id) on delete cascade,
     id uuid not null default gen_random_uuid(),
     tenant text collate "C" not null,
     database text collate "C" not null,
     name text collate "C" not null,
     metadata jsonb,
     configuration jsonb not null,
     space text not null check (space in ('l2', 'cosine', 'ip')),
     dimension int,
     collection text collate "C" not null,
     created_at timestamptz not null default clock_timestamp(),
     primary key (project_id, id),
     unique (project_id, tenant, database, name),
     unique (project_id, collection),
     foreign key (project_id, tenant, database) references zerodb_chroma_databases (project_id, tenant, name))`,
];

/** What clients of Chroma call tenants, databases and collections. */
export class Chroma1700000000070 extends ForwardOnly {
  readonly name = 'Chroma1700000000070';

  async up(runner: QueryRunner): Promise<void> {
    // The foreign keys lock tables in use.
    await inTime(runner, TABLES);
    for (const table of ['zerodb_chroma_databases', 'zerodb_chroma_collections']) {
      await runner.query(enableRowLevelSecurity(table));
    }
  }
}
