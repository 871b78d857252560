import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { USAGE_FUNCTIONS_SQL, USAGE_TRIGGERS_SQL } from './sql/usage-functions';
import { ForwardOnly } from './support/forward-only';
import { inTime } from './support/in-time';

const TABLES = [
  // No foreign key: what was used is still to be paid for when the project is gone.
  `create table if not exists zerodb_usage_days (
     project_id int not null,
     day date not null,
     metric text collate "C" not null,
     value bigint not null,
     primary key (project_id, day, metric))`,
  // What a project held when it was last measured.
  `create table if not exists zerodb_usage_figures (
     project_id int primary key,
     figures jsonb not null,
     measured_at timestamptz not null)`,
  // No foreign key: the removal of a project takes the row in the order of locks, not last of all.
  `create table if not exists zerodb_quotas (
     project_id int primary key,
     limits jsonb not null,
     records bigint not null default 0,
     record_bytes bigint not null default 0,
     memories bigint not null default 0,
     files bigint not null default 0,
     file_bytes bigint not null default 0,
     counted_at timestamptz,
     updated_at timestamptz not null default now())`,
];

/** What each project uses by day, and how much it may. */
export class Usage1700000000074 extends ForwardOnly {
  readonly name = 'Usage1700000000074';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
    for (const table of ['zerodb_usage_days', 'zerodb_usage_figures', 'zerodb_quotas']) {
      await runner.query(enableRowLevelSecurity(table));
    }
    await runner.query(USAGE_FUNCTIONS_SQL);
    await inTime(runner, [USAGE_TRIGGERS_SQL]);
  }
}
