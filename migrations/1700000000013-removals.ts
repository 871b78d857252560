import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './support/forward-only';

const STATEMENTS = [
  // A project that was deleted, and what is known of its remains. Its number and its uid are never given again.
  `create table if not exists zerodb_deleted_projects (
     uid text collate "C" primary key,
     project_id int not null,
     name text collate "C" not null,
     removed jsonb not null default '{}',
     deleted_at timestamptz not null default now(),
     completed_at timestamptz)`,
  // Names on the broker that nobody may use again, and whether what they named is gone. A topic or a subscription that
  // is made again under its old name finds its predecessor's here, and takes another.
  `create table if not exists zerodb_broker_tombstones (
     kind text not null check (kind in ('topic', 'group', 'prefix')),
     name text collate "C" not null,
     project_uid text collate "C" not null,
     run_after timestamptz not null default now(),
     -- It is removed once at once, and once more when nobody can be writing to it any longer.
     final_after timestamptz not null default now() + interval '7 s',
     attempts int not null default 0,
     last_error text,
     created_at timestamptz not null default now(),
     done_at timestamptz,
     primary key (kind, name))`,
  `create index if not exists zerodb_broker_tombstones_due on zerodb_broker_tombstones (run_after) where done_at is null`,
  `create index if not exists zerodb_broker_tombstones_project on zerodb_broker_tombstones (project_uid)`,
  // The role that an answer was given to: a lesser one does not get it replayed.
  `alter table zerodb_idempotency add column if not exists role text not null default 'admin'`,
];

/** What is left of deleted projects and topics in other services, until it is gone there too. */
export class Removals1700000000013 extends ForwardOnly {
  readonly name = 'Removals1700000000013';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }
}
