import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

/** What an entry says. The installation's own entries have the project -1; no foreign key: a log outlives its project. */
const ENTRY = `
  project_id int not null,
  id text collate "C" not null,
  at timestamptz(3) not null,
  actor text not null,
  role text,
  action text not null,
  class text not null,
  resource jsonb not null,
  outcome text not null,
  status int,
  code text,
  address text,
  request_id text,
  count int not null default 1,
  mac bytea not null`;

const STATEMENTS = [
  // Written in the transactions of requests, where a number without gaps would make them wait for each other.
  `create table if not exists zerodb_audit_pending (${ENTRY}, primary key (project_id, id))`,
  // The chain: numbered without gaps, each with the hash over itself and the one before it.
  `create table if not exists zerodb_audit_entries (${ENTRY},
     seq bigint not null,
     hash bytea not null,
     primary key (project_id, seq))`,
  `create index if not exists zerodb_audit_entries_at on zerodb_audit_entries (project_id, at)`,
  // Its signed end, and the signed place where it begins since older entries were removed.
  `create table if not exists zerodb_audit_chains (
     project_id int primary key,
     seq bigint not null default 0,
     hash bytea not null,
     at timestamptz(3) not null,
     signature bytea not null,
     signed_seq bigint not null default 0,
     signed_at timestamptz(3) not null,
     anchor_seq bigint not null default 0,
     anchor_hash bytea not null,
     anchor_at timestamptz(3) not null,
     anchor_signature bytea not null)`,
  `create table if not exists zerodb_audit_checkpoints (
     project_id int not null,
     seq bigint not null,
     hash bytea not null,
     at timestamptz(3) not null,
     signature bytea not null,
     primary key (project_id, seq))`,
  // A key that may read the audit log and nothing else.
  `alter table zerodb_keys drop constraint if exists zerodb_keys_role_check`,
  `alter table zerodb_keys add constraint zerodb_keys_role_check check (role in ('audit', 'read', 'write', 'admin'))`,
];

const READ_ONLY = ['zerodb_audit_entries', 'zerodb_audit_chains', 'zerodb_audit_checkpoints'];

/** Requests may add an entry, and read. Only the system's own statements number them and remove the oldest. */
const restrict = (table: string, rights: string): string => `
do $$ begin
  if exists (select from pg_roles where rolname = 'zerodb_app') then
    revoke ${rights} on ${table} from zerodb_app;
  end if;
end $$`;

const REMEDY =
  'The table of the keys is in use by other transactions, and was not free within 5 seconds. Nothing was changed. ' +
  'Start again; if it fails again, stop the processes of the former version first.';

function explain(error: unknown): never {
  throw (error as { code?: unknown }).code === '55P03' ? new Error(REMEDY, { cause: error }) : error;
}

export class Audit1700000000066 extends ForwardOnly {
  readonly name = 'Audit1700000000066';

  async up(runner: QueryRunner): Promise<void> {
    // While it waits for the table of the keys, nobody else gets in.
    await runner.query(`set local lock_timeout = '5s'`);
    for (const statement of STATEMENTS) await runner.query(statement).catch(explain);
    await runner.query('set local lock_timeout = 0');
    for (const table of ['zerodb_audit_pending', ...READ_ONLY]) await runner.query(enableRowLevelSecurity(table));
    await runner.query(restrict('zerodb_audit_pending', 'update, delete'));
    for (const table of READ_ONLY) await runner.query(restrict(table, 'insert, update, delete'));
  }
}
