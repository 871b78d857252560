import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

const TABLES = [
  // The ledger's present state. The terms of a memory stand beside it: one person's memories are few, and are ranked from
  // their own rows; where they are many, from the postings of their collection. `owner` is a digest of the three parts of its scope, for exact comparison; `chain` one of
  // what contradicts what. `ends_at` is the end that was declared, `valid_to` the one that follows from later facts too.
  // Content is null once it was deleted: times and ids stay, for the history.
  `create table zerodb_memory_records (
     project_id int not null references zerodb_projects (id) on delete cascade,
     id text collate "C" not null,
     seq bigint generated always as identity,
     collection_id int not null,
     kind text not null check (kind in ('fact', 'preference', 'event', 'instruction', 'message')),
     content text,
     role text,
     speaker text,
     user_id text collate "C",
     agent_id text collate "C",
     session_id text collate "C",
     owner text collate "C" not null,
     chain text collate "C",
     subject text,
     attribute text,
     value text collate "C",
     fingerprint text collate "C",
     near text collate "C",
     source text,
     derived_from text[] not null default '{}',
     confidence double precision not null default 1 check (confidence between 0 and 1),
     importance double precision not null default 0.5 check (importance between 0 and 1),
     metadata jsonb not null default '{}',
     words text[] not null default '{}',
     indexed_text text,
     terms int[] not null default '{}',
     frequencies int[] not null default '{}',
     length int not null default 0,
     valid_from timestamptz not null,
     valid_to timestamptz,
     ends_at timestamptz,
     recorded_at timestamptz not null,
     updated_at timestamptz not null,
     superseded_at timestamptz,
     superseded_by text collate "C",
     expires_at timestamptz,
     deleted_at timestamptz,
     version bigint not null default nextval('zerodb_version'),
     embedded boolean not null default false,
     extracted boolean not null default true,
     run_after timestamptz not null default now(),
     attempts int not null default 0,
     lease_token text,
     lease_until timestamptz,
     primary key (project_id, id),
     check (valid_to is null or valid_to >= valid_from)) with (fillfactor = 80)`,
  `create index zerodb_memory_records_fingerprint on zerodb_memory_records (project_id, owner, fingerprint)`,
  `create index zerodb_memory_records_near on zerodb_memory_records (project_id, owner, near)`,
  `create index zerodb_memory_records_chain on zerodb_memory_records (project_id, chain, valid_from, seq) where chain is not null`,
  `create index zerodb_memory_records_successor on zerodb_memory_records (project_id, superseded_by) where superseded_by is not null`,
  `create index zerodb_memory_records_user on zerodb_memory_records (project_id, user_id, seq) where user_id is not null`,
  `create index zerodb_memory_records_agent on zerodb_memory_records (project_id, agent_id, seq) where agent_id is not null`,
  `create index zerodb_memory_records_session on zerodb_memory_records (project_id, session_id, seq) where session_id is not null`,
  `create index zerodb_memory_records_unembedded on zerodb_memory_records (run_after) where not embedded and deleted_at is null`,
  `create index zerodb_memory_records_unextracted on zerodb_memory_records (run_after) where not extracted and deleted_at is null`,
  `create index zerodb_memory_records_expiry on zerodb_memory_records (expires_at) where expires_at is not null and deleted_at is null`,
  // What the ledger said, and from when to when it said so.
  `create table zerodb_memory_versions (
     project_id int not null,
     memory_id text collate "C" not null,
     version bigint not null,
     change text not null check (change in ('added', 'updated', 'superseded', 'restored', 'deleted', 'withdrawn')),
     recorded_from timestamptz not null,
     recorded_to timestamptz,
     kind text not null,
     content text,
     metadata jsonb not null,
     confidence double precision not null,
     importance double precision not null,
     chain text,
     subject text,
     attribute text,
     value text,
     valid_from timestamptz not null,
     valid_to timestamptz,
     ends_at timestamptz,
     expires_at timestamptz,
     superseded_at timestamptz,
     superseded_by text,
     primary key (project_id, memory_id, version),
     foreign key (project_id, memory_id) references zerodb_memory_records (project_id, id) on delete cascade)`,
  // A light graph: what a memory speaks of, and how two things hang together by what it says.
  `create table zerodb_memory_entities (
     project_id int not null,
     memory_id text collate "C" not null,
     entity text collate "C" not null,
     name text not null,
     primary key (project_id, memory_id, entity),
     foreign key (project_id, memory_id) references zerodb_memory_records (project_id, id) on delete cascade)`,
  `create index zerodb_memory_entities_entity on zerodb_memory_entities (project_id, entity)`,
  `create table zerodb_memory_relations (
     project_id int not null,
     memory_id text collate "C" not null,
     subject text collate "C" not null,
     relation text collate "C" not null,
     object text collate "C" not null,
     primary key (project_id, memory_id, subject, relation, object),
     foreign key (project_id, memory_id) references zerodb_memory_records (project_id, id) on delete cascade)`,
  `create index zerodb_memory_relations_subject on zerodb_memory_relations (project_id, subject)`,
  `create index zerodb_memory_relations_object on zerodb_memory_relations (project_id, object)`,
  // What was recalled lately: it is not learned again when it comes back as input.
  `create table zerodb_memory_recalls (
     project_id int not null references zerodb_projects (id) on delete cascade,
     owner text collate "C" not null,
     fingerprint text collate "C" not null,
     user_id text collate "C",
     recalled_at timestamptz not null default now(),
     primary key (project_id, owner, fingerprint))`,
  `create index zerodb_memory_recalls_age on zerodb_memory_recalls (recalled_at)`,
  `create table zerodb_memory_sessions (
     project_id int not null references zerodb_projects (id) on delete cascade,
     id text collate "C" not null,
     user_id text collate "C",
     agent_id text collate "C",
     summary text,
     summarised_to bigint not null default 0,
     updated_at timestamptz not null default now(),
     primary key (project_id, id))`,
  // A person's erasure until every service has confirmed it.
  `create table zerodb_erasures (
     operation_id text primary key references zerodb_operations (id) on delete cascade,
     project_id int not null references zerodb_projects (id) on delete cascade,
     user_id text not null,
     state text not null check (state in ('pending', 'complete')),
     steps jsonb not null default '{}',
     run_after timestamptz not null default now(),
     attempts int not null default 0,
     lease_until timestamptz,
     created_at timestamptz not null default now())`,
  `create index zerodb_erasures_pending on zerodb_erasures (run_after) where state = 'pending'`,
];

const SCOPED = [
  'zerodb_memory_records',
  'zerodb_memory_versions',
  'zerodb_memory_entities',
  'zerodb_memory_relations',
  'zerodb_memory_recalls',
  'zerodb_memory_sessions',
  'zerodb_erasures',
];

/** The ledger of memories, its history, and what is known about it. */
export class Memory1700000000006 extends ForwardOnly {
  readonly name = 'Memory1700000000006';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
    for (const table of SCOPED) await runner.query(enableRowLevelSecurity(table));
  }
}
