import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

const GRANTS = `create table if not exists zerodb_broker_grants (
  project_id int not null references zerodb_projects (id) on delete cascade,
  topic text collate "C" not null,
  can_read boolean not null,
  can_write boolean not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (project_id, topic))`;

/** Which project uses which topic of the broker that lies outside of its own prefix. */
const USES = `
  select s.project_id, s.settings #>> '{source,topic}' as topic, true as reads, false as writes
  from zerodb_subscriptions s join zerodb_projects p on p.id = s.project_id
  where not starts_with(s.settings #>> '{source,topic}', p.broker_prefix)
  union all
  select t.project_id, t.settings #>> '{broker,topic}', false, true
  from zerodb_topics t join zerodb_projects p on p.id = t.project_id
  where t.settings #>> '{broker,topic}' is not null and not starts_with(t.settings #>> '{broker,topic}', p.broker_prefix)`;

/** What one project alone uses is granted to it. What two share may be a mistake: the operator decides. */
const GRANT_WHAT_IS_USED = `
  insert into zerodb_broker_grants (project_id, topic, can_read, can_write)
  select min(project_id), topic, bool_or(reads), bool_or(writes) from (${USES}) as uses
  group by topic having count(distinct project_id) = 1 on conflict do nothing`;

const PAUSE_THE_REST = `
  update zerodb_subscriptions s set paused_at = coalesce(paused_at, now()), version = nextval('zerodb_version'),
    paused_reason = 'The topic "' || (s.settings #>> '{source,topic}') || '" is not granted to this project for reading.'
  from zerodb_projects p
  where p.id = s.project_id and not starts_with(s.settings #>> '{source,topic}', p.broker_prefix)
    and not exists (select from zerodb_broker_grants g
      where g.project_id = s.project_id and g.topic = s.settings #>> '{source,topic}' and g.can_read)`;

/** Topics of the broker that belong to no project are granted to projects by the root key. */
export class BrokerGrants1700000000012 extends ForwardOnly {
  readonly name = 'BrokerGrants1700000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GRANTS);
    await runner.query(enableRowLevelSecurity('zerodb_broker_grants'));
    await runner.query(GRANT_WHAT_IS_USED);
    await runner.query(PAUSE_THE_REST);
  }
}
