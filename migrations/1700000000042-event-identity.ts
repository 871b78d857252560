import type { QueryRunner } from 'typeorm';
import { EVENT_IDENTITY_SQL, sourceIn } from './sql/event-identity-functions';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

const EVENTS = [
  // The tables' guards show rows to the system alone.
  `select set_config('zerodb.system', 'on', true)`,
  `alter table zerodb_events add column if not exists source text collate "C" not null default ''`,
  `update zerodb_events set source = ${sourceIn('body')} where source = ''`,
  `create index if not exists zerodb_events_identity
     on zerodb_events (topic_id, event_id, hashtextextended(source, 0))`,
  `drop index if exists zerodb_events_id`,
  EVENT_IDENTITY_SQL,
];

const INBOX = [
  // A digest of source and id, of any length. Rows of the version before have none: of their events the source is not
  // known, and the id alone counts, until they are old enough to go.
  `alter table zerodb_inbox add column if not exists identity bytea`,
  `alter table zerodb_inbox drop constraint if exists zerodb_inbox_pkey`,
  `create unique index if not exists zerodb_inbox_identity on zerodb_inbox (subscription_id, identity)
     where identity is not null`,
  `create unique index if not exists zerodb_inbox_id on zerodb_inbox (subscription_id, event_id) where identity is null`,
];

const TRIMS = `create table if not exists zerodb_event_trims (
  topic_id int not null references zerodb_topics (id) on delete cascade,
  lane smallint not null,
  project_id int not null references zerodb_projects (id) on delete cascade,
  position bigint not null,
  primary key (topic_id, lane))`;

/** An event is its source and its id; and how far retention has removed events, so that who comes back is told. */
export class EventIdentity1700000000042 extends ForwardOnly {
  readonly name = 'EventIdentity1700000000042';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...EVENTS, ...INBOX]) await runner.query(statement);
    // The last offset that is gone, of each lane of a topic.
    await runner.query(TRIMS);
    await runner.query(enableRowLevelSecurity('zerodb_event_trims'));
  }
}
