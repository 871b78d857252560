import type { QueryRunner } from 'typeorm';
import { EVENT_FUNCTIONS_SQL } from './sql/event-functions';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

const TABLES = [
  `create table zerodb_topics (
     id int generated always as identity unique,
     project_id int not null references zerodb_projects (id) on delete cascade,
     name text collate "C" not null,
     settings jsonb not null,
     version bigint not null default nextval('zerodb_version'),
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     primary key (project_id, name))`,
  // The next offset of each project. Its row is locked from the allotment to the commit, so that offsets become visible
  // in their order and without gaps: a reader that has seen an offset has seen all below it.
  `create table zerodb_event_offsets (
     project_id int primary key references zerodb_projects (id) on delete cascade,
     next bigint not null default 1) with (fillfactor = 50)`,
  `create table zerodb_events (
     project_id int not null,
     position bigint not null,
     topic_id int not null,
     event_id text collate "C" not null,
     lane smallint not null,
     key text collate "C",
     type text collate "C" not null,
     body text not null,
     published_at timestamptz not null default clock_timestamp(),
     primary key (project_id, position, published_at)) partition by range (published_at)`,
  `create index zerodb_events_topic on zerodb_events (topic_id, position)`,
  `create index zerodb_events_id on zerodb_events (topic_id, event_id)`,
  // Whoever reads the log at a pace of its own: consumer groups, webhooks, the broker.
  `create table zerodb_consumers (
     id int generated always as identity primary key,
     project_id int not null references zerodb_projects (id) on delete cascade,
     kind text not null check (kind in ('broker', 'group', 'webhook')),
     name text collate "C" not null,
     topic_id int references zerodb_topics (id) on delete cascade,
     settings jsonb not null default '{}',
     paused_at timestamptz,
     paused_reason text,
     version bigint not null default nextval('zerodb_version'),
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     unique (project_id, kind, name))`,
  `create table zerodb_consumer_lanes (
     consumer_id int not null references zerodb_consumers (id) on delete cascade,
     project_id int not null,
     lane smallint not null,
     position bigint not null,
     leased_to bigint,
     lease_token text,
     lease_until timestamptz,
     holder text,
     fence bigint not null default 0,
     attempts int not null default 0,
     retry_at timestamptz,
     last_error text,
     primary key (consumer_id, lane)) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01,
       autovacuum_vacuum_threshold = 1000)`,
  `create table zerodb_subscriptions (
     id int generated always as identity primary key,
     project_id int not null references zerodb_projects (id) on delete cascade,
     name text collate "C" not null,
     settings jsonb not null,
     paused_at timestamptz,
     paused_reason text,
     version bigint not null default nextval('zerodb_version'),
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     unique (project_id, name))`,
  // How far a subscription has come, moved in the transaction of the effect.
  `create table zerodb_subscription_offsets (
     subscription_id int not null references zerodb_subscriptions (id) on delete cascade,
     project_id int not null,
     cluster_id text not null,
     partition int not null,
     next bigint not null,
     updated_at timestamptz not null default now(),
     primary key (subscription_id, cluster_id, partition))`,
  // Ids of events whose effect is there: a repeat under the same id changes nothing.
  `create table zerodb_inbox (
     subscription_id int not null references zerodb_subscriptions (id) on delete cascade,
     project_id int not null,
     event_id text collate "C" not null,
     received_at timestamptz not null default now(),
     primary key (subscription_id, event_id))`,
  `create index zerodb_inbox_received on zerodb_inbox (received_at)`,
  // 'dead': failed for good. 'waiting': of the same key, and later. 'replay': to be tried again.
  `create table zerodb_dead_letters (
     id bigint generated always as identity primary key,
     project_id int not null references zerodb_projects (id) on delete cascade,
     consumer_id int references zerodb_consumers (id) on delete cascade,
     subscription_id int references zerodb_subscriptions (id) on delete cascade,
     topic_id int references zerodb_topics (id) on delete cascade,
     lane smallint not null default 0,
     position bigint not null,
     event_id text collate "C" not null,
     key text collate "C",
     state text not null check (state in ('dead', 'waiting', 'replay')),
     error text not null,
     body text not null,
     created_at timestamptz not null default now())`,
  `create index zerodb_dead_letters_key on zerodb_dead_letters (consumer_id, topic_id, key, position)`,
  `create index zerodb_dead_letters_topic on zerodb_dead_letters (project_id, topic_id, id)`,
  `create index zerodb_dead_letters_subscription on zerodb_dead_letters (subscription_id, id)`,
  // The broker that was last written to. Another one, or an emptied one, is noticed by it.
  `create table zerodb_broker_marks (
     name text primary key,
     cluster_id text not null,
     epoch text not null,
     losses int not null default 0,
     lost_at timestamptz,
     updated_at timestamptz not null default now())`,
];

const SCOPED_TABLES = [
  'zerodb_topics',
  'zerodb_event_offsets',
  'zerodb_events',
  'zerodb_consumers',
  'zerodb_consumer_lanes',
  'zerodb_subscriptions',
  'zerodb_subscription_offsets',
  'zerodb_inbox',
  'zerodb_dead_letters',
];

/** Events: topics, the log, and those who follow it. */
export class Events1700000000005 extends ForwardOnly {
  readonly name = 'Events1700000000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
    for (const table of SCOPED_TABLES) await runner.query(enableRowLevelSecurity(table));
    await runner.query(EVENT_FUNCTIONS_SQL);
    // Takes what no other partition takes, so that publishing never depends on who makes partitions.
    await runner.query(`select zerodb_create_event_partition('zerodb_events_rest', null, null)`);
  }
}
