import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

const TABLES = [
  `create table zerodb_buckets (
     id int generated always as identity primary key,
     project_id int not null references zerodb_projects (id) on delete cascade,
     name text collate "C" not null,
     settings jsonb not null,
     version bigint not null default nextval('zerodb_version'),
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     unique (project_id, name))`,
  // Contents, once per project. `chunks`: a SHA-256 for each MiB. `frames`: the stored length of each compressed MiB.
  `create table zerodb_blobs (
     project_id int not null,
     sha256 bytea not null,
     size bigint not null,
     stored_size bigint not null,
     encoding text not null check (encoding in ('none', 'zstd')),
     chunks bytea not null,
     frames bytea,
     created_at timestamptz not null default now(),
     primary key (project_id, sha256))`,
  // Every object that was ever begun in a store, until its bytes are removed: nothing is forgotten there.
  `create table zerodb_blob_copies (
     key text collate "C" primary key,
     project_id int not null,
     store text not null,
     sha256 bytea,
     state text not null check (state in ('reserved', 'live', 'suspect', 'doomed')),
     run_after timestamptz not null default now(),
     attempts int not null default 0,
     created_at timestamptz not null default now())`,
  `create unique index zerodb_blob_copies_blob on zerodb_blob_copies (project_id, sha256, store)
     where state in ('live', 'suspect')`,
  `create index zerodb_blob_copies_due on zerodb_blob_copies (run_after) where state in ('reserved', 'doomed')`,
  // Copies that are to be made, or recreated.
  `create table zerodb_blob_moves (
     project_id int not null,
     sha256 bytea not null,
     store text not null,
     run_after timestamptz not null default now(),
     attempts int not null default 0,
     last_error text,
     created_at timestamptz not null default now(),
     primary key (project_id, sha256, store))`,
  `create index zerodb_blob_moves_due on zerodb_blob_moves (run_after)`,
  // Without a foreign key to blobs: a blob is locked and looked at before it is removed.
  `create table zerodb_files (
     bucket_id int not null references zerodb_buckets (id) on delete cascade,
     project_id int not null,
     key text collate "C" not null,
     version bigint not null default nextval('zerodb_version'),
     sha256 bytea not null,
     size bigint not null,
     content_type text not null,
     disposition text,
     metadata jsonb not null,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     primary key (bucket_id, key))`,
  `create index zerodb_files_blob on zerodb_files (project_id, sha256)`,
  `create table zerodb_uploads (
     id text primary key,
     project_id int not null,
     bucket_id int not null references zerodb_buckets (id) on delete cascade,
     key text collate "C" not null,
     content_type text not null,
     disposition text,
     metadata jsonb not null,
     created_at timestamptz not null default now(),
     expires_at timestamptz not null)`,
  `create table zerodb_upload_parts (
     upload_id text not null references zerodb_uploads (id) on delete cascade,
     project_id int not null,
     number int not null,
     sha256 bytea not null,
     size bigint not null,
     primary key (upload_id, number))`,
  `create index zerodb_upload_parts_blob on zerodb_upload_parts (project_id, sha256)`,
  `create table zerodb_spool_objects (
     key text collate "C" primary key,
     size bigint not null,
     complete boolean not null default false,
     created_at timestamptz not null default now())`,
  `create table zerodb_spool_chunks (
     key text collate "C" not null references zerodb_spool_objects (key) on delete cascade,
     seq int not null,
     bytes bytea not null,
     primary key (key, seq))`,
  // Compressing what is compressed already, or soon gone, would only cost time.
  `alter table zerodb_spool_chunks alter column bytes set storage external`,
];

const SCOPED = [
  'zerodb_buckets',
  'zerodb_blobs',
  'zerodb_blob_copies',
  'zerodb_blob_moves',
  'zerodb_files',
  'zerodb_uploads',
  'zerodb_upload_parts',
];

/** Buckets, files, and where their bytes are. */
export class Files1700000000004 extends ForwardOnly {
  readonly name = 'Files1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
    for (const table of SCOPED) await runner.query(enableRowLevelSecurity(table));
  }
}
