import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

const TABLES = [
  `create table zerodb_service_transitions (
     id bigint generated always as identity primary key,
     service text not null,
     replica text not null,
     from_state text not null,
     to_state text not null,
     reason text not null,
     at timestamptz not null default now())`,
  `create index zerodb_service_transitions_service on zerodb_service_transitions (service, id desc)`,
  // One row for each engine that keeps a copy of the records. Writers mark what changed for each of them.
  `create table zerodb_followers (
     name text primary key,
     storage_id text not null,
     beat bigint not null default 0,
     -- Transactions that are older than this one may have written without marking.
     attached_xid xid8 not null default pg_current_xact_id(),
     seen_at timestamptz not null default now(),
     created_at timestamptz not null default now())`,
  // The builds of a follower's copies. Without a foreign key to collections: a dropped one's copy is still to be removed.
  `create table zerodb_copies (
     follower text not null references zerodb_followers (name) on delete cascade,
     collection_id int not null,
     project_id int not null,
     epoch text not null,
     state text not null check (state in ('building', 'verifying', 'serving', 'retired')),
     -- Whether there is something to write to: before, changes are left to the scan that comes after.
     prepared boolean not null default false,
     copied_to text collate "C",
     copied bigint not null default 0,
     total bigint,
     lease_token text,
     lease_until timestamptz,
     proved_at timestamptz,
     found bigint not null default 0,
     repaired bigint not null default 0,
     checked_to text collate "C",
     checked_all boolean not null default false,
     scanned_to text,
     scanned_all boolean not null default false,
     open_differences bigint not null default 0,
     stepped_at timestamptz,
     last_error text,
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     primary key (follower, collection_id, epoch))`,
  // What a follower has not applied yet. An entry that was sent stays for a moment: a search that asked the follower
  // before it was applied still finds the record here. One whose send ended without an answer is sent again until
  // `unsure_until`: what was lost on the way may still arrive. `anew` asks for a removal first: the copy is not what its
  // version says.
  `create table zerodb_dirty (
     follower text not null,
     collection_id int not null,
     project_id int not null,
     id text collate "C" not null,
     version bigint not null,
     dirty_at timestamptz not null default clock_timestamp(),
     run_after timestamptz not null default now(),
     attempts int not null default 0,
     lease_token text,
     lease_until timestamptz,
     sent_at timestamptz,
     recheck_at timestamptz,
     unsure_until timestamptz,
     anew boolean not null default false,
     parked boolean not null default false,
     last_error text,
     primary key (follower, collection_id, id)) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01,
       autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0)`,
  `create index zerodb_dirty_due on zerodb_dirty (follower, run_after) where sent_at is null`,
  `create index zerodb_dirty_sent on zerodb_dirty (follower, sent_at) where sent_at is not null`,
];

const READABLE = ['zerodb_followers'];
const SCOPED = ['zerodb_dirty', 'zerodb_copies'];

/** Followers: what they have, what they lack, and the history of the services' states. */
export class Followers1700000000002 extends ForwardOnly {
  readonly name = 'Followers1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
    for (const table of SCOPED) await runner.query(enableRowLevelSecurity(table));
    for (const table of READABLE) await runner.query(readable(table));
  }
}

const readable = (table: string): string => `
do $$ begin
  if exists (select from pg_roles where rolname = 'zerodb_app') then
    grant select on ${table} to zerodb_app;
  end if;
end $$`;
