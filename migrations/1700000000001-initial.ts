import type { QueryRunner } from 'typeorm';
import { FILTER_FUNCTIONS_SQL } from './sql/filter-functions';
import { PARTITION_FUNCTIONS_SQL } from './sql/partition-functions';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

const TABLES = [
  // One rising number for all records: a record that is deleted and written again still gets a higher version.
  `create sequence zerodb_version as bigint`,
  `create table zerodb_settings (name text primary key, value jsonb not null)`,
  `create table zerodb_projects (
     id int generated always as identity primary key,
     name text collate "C" not null unique,
     created_at timestamptz not null default now())`,
  `create table zerodb_keys (
     id text primary key,
     project_id int not null references zerodb_projects (id) on delete cascade,
     name text not null,
     role text not null check (role in ('read', 'write', 'admin')),
     hash bytea not null unique,
     created_at timestamptz not null default now(),
     expires_at timestamptz,
     revoked_at timestamptz)`,
  `create index zerodb_keys_project on zerodb_keys (project_id)`,
  `create table zerodb_collections (
     id int generated always as identity primary key,
     project_id int not null references zerodb_projects (id),
     name text collate "C" not null,
     dimension int not null check (dimension > 0),
     metric text not null check (metric in ('cosine', 'dot', 'euclid', 'manhattan')),
     model_name text,
     model_revision text,
     settings jsonb not null,
     version bigint not null default nextval('zerodb_version'),
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     unique (project_id, name))`,
  `create table zerodb_vectors (
     collection_id int not null,
     project_id int not null,
     id text collate "C" not null,
     embedding vector not null,
     embedded_from text not null check (embedded_from in ('vector', 'text')),
     text text,
     metadata jsonb not null,
     words text[] not null,
     indexed boolean not null default false,
     version bigint not null default nextval('zerodb_version'),
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     primary key (collection_id, id)) partition by list (collection_id)`,
  `create table zerodb_postings (
     collection_id int not null,
     project_id int not null,
     term int not null,
     id text collate "C" not null,
     tf smallint not null,
     length int not null,
     primary key (collection_id, term, id)) partition by list (collection_id)`,
  `create table zerodb_operations (
     id text primary key,
     project_id int not null references zerodb_projects (id) on delete cascade,
     kind text not null,
     subject text not null,
     state text not null check (state in ('pending', 'running', 'succeeded', 'failed')),
     progress jsonb not null default '{}',
     result jsonb,
     error jsonb,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now())`,
  `create index zerodb_operations_project on zerodb_operations (project_id, created_at)`,
  `create table zerodb_idempotency (
     project_id int not null references zerodb_projects (id) on delete cascade,
     route text not null,
     key text not null,
     body_hash bytea not null,
     state text not null check (state in ('running', 'done')),
     status int,
     headers jsonb,
     body text,
     created_at timestamptz not null default now(),
     primary key (project_id, route, key))`,
  `create index zerodb_idempotency_created on zerodb_idempotency (created_at)`,
];

const SCOPED_TABLES = [
  'zerodb_keys',
  'zerodb_collections',
  'zerodb_vectors',
  'zerodb_postings',
  'zerodb_operations',
  'zerodb_idempotency',
];

/** The record: projects, keys, collections, records, their postings, long work and idempotency keys. */
export class Initial1700000000001 extends ForwardOnly {
  readonly name = 'Initial1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
    for (const table of SCOPED_TABLES) await runner.query(enableRowLevelSecurity(table));
    await runner.query(FILTER_FUNCTIONS_SQL);
    await runner.query(PARTITION_FUNCTIONS_SQL);
    await runner.query(`insert into zerodb_projects (name) values ('default')`);
    await runner.query(`insert into zerodb_settings values ('identity', to_jsonb(gen_random_uuid()::text))`);
  }
}
