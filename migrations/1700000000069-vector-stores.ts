import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';
import { inTime } from './support/in-time';

const STATEMENTS = [
  // What OpenAI's dialect knows of a file beyond the file itself, with which it goes.
  `create table if not exists zerodb_openai_files (
     project_id int not null references zerodb_projects (id) on delete cascade,
     id text collate "C" not null,
     bucket_id int not null,
     key text collate "C" not null,
     purpose text not null,
     filename text not null,
     expires_at timestamptz,
     created_at timestamptz not null default now(),
     primary key (project_id, id),
     unique (bucket_id, key),
     foreign key (bucket_id, key) references zerodb_files (bucket_id, key) on delete cascade)`,
  `create index if not exists zerodb_openai_files_expiry on zerodb_openai_files (expires_at) where expires_at is not null`,
  // The chunks of a store are records of a collection with its name.
  `create table if not exists zerodb_vector_stores (
     project_id int not null references zerodb_projects (id) on delete cascade,
     id text collate "C" not null,
     name text,
     description text,
     metadata jsonb not null default '{}',
     expires_after_days int check (expires_after_days between 1 and 365),
     expires_at timestamptz,
     last_active_at timestamptz not null default now(),
     created_at timestamptz not null default now(),
     emptied boolean not null default false,
     removed_at timestamptz,
     primary key (project_id, id))`,
  `create index if not exists zerodb_vector_stores_expiry on zerodb_vector_stores (expires_at)
     where expires_at is not null and not emptied`,
  `create index if not exists zerodb_vector_stores_removed on zerodb_vector_stores (removed_at) where removed_at is not null`,
  `create table if not exists zerodb_vector_store_batches (
     project_id int not null,
     store_id text collate "C" not null,
     id text collate "C" not null,
     cancelled_at timestamptz,
     created_at timestamptz not null default now(),
     primary key (project_id, id),
     foreign key (project_id, store_id) references zerodb_vector_stores (project_id, id) on delete cascade)`,
  `create index if not exists zerodb_vector_store_batches_store on zerodb_vector_store_batches (project_id, store_id)`,
  // The id of an attachment says its order, and names its chunks. A removed one stays for a while: it may be the cursor of a
  // page, and its chunks have to be found.
  `create table if not exists zerodb_vector_store_files (
     project_id int not null,
     store_id text collate "C" not null,
     id text collate "C" not null,
     file_id text collate "C" not null,
     batch_id text collate "C",
     status text collate "C" not null default 'in_progress'
       check (status in ('in_progress', 'completed', 'failed', 'cancelled')),
     attributes jsonb not null default '{}',
     attributes_version int not null default 0,
     stale_attributes boolean not null default false,
     chunk_tokens int not null,
     overlap_tokens int not null,
     chunks int not null default 0,
     usage_bytes bigint not null default 0,
     last_error jsonb,
     removed_at timestamptz,
     lease_token text,
     lease_until timestamptz,
     run_after timestamptz not null default now(),
     attempts int not null default 0,
     created_at timestamptz not null default now(),
     primary key (project_id, id),
     foreign key (project_id, store_id) references zerodb_vector_stores (project_id, id) on delete cascade)`,
  `create unique index if not exists zerodb_vector_store_files_attached
     on zerodb_vector_store_files (project_id, store_id, file_id) where removed_at is null`,
  `create index if not exists zerodb_vector_store_files_order on zerodb_vector_store_files (project_id, store_id, id)`,
  `create index if not exists zerodb_vector_store_files_file on zerodb_vector_store_files (project_id, file_id)`,
  `create index if not exists zerodb_vector_store_files_batch on zerodb_vector_store_files (project_id, batch_id)
     where batch_id is not null`,
  `create index if not exists zerodb_vector_store_files_due on zerodb_vector_store_files (project_id, run_after, id)
     where status = 'in_progress' and removed_at is null`,
  `create index if not exists zerodb_vector_store_files_left on zerodb_vector_store_files (run_after)
     where removed_at is not null or stale_attributes or (status in ('failed', 'cancelled') and chunks > 0)`,
  // However a file goes (by its own route, with its bucket, by a lifecycle), it is detached in the same transaction.
  `create or replace function zerodb_detach_openai_file() returns trigger language plpgsql as $$
   begin
     update zerodb_vector_store_files set removed_at = now()
     where project_id = old.project_id and file_id = old.id and removed_at is null;
     return null;
   end $$`,
  `drop trigger if exists zerodb_detach_openai_file on zerodb_openai_files`,
  `create trigger zerodb_detach_openai_file after delete on zerodb_openai_files
     for each row execute function zerodb_detach_openai_file()`,
];

const TABLES = [
  'zerodb_openai_files',
  'zerodb_vector_stores',
  'zerodb_vector_store_batches',
  'zerodb_vector_store_files',
];

/** What OpenAI's dialect keeps beside files and collections. */
export class VectorStores1700000000069 extends ForwardOnly {
  readonly name = 'VectorStores1700000000069';

  async up(runner: QueryRunner): Promise<void> {
    // The foreign keys lock tables in use.
    await inTime(runner, STATEMENTS);
    for (const table of TABLES) await runner.query(enableRowLevelSecurity(table));
  }
}
