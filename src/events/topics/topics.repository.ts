import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import type { Topic, TopicSettings } from '../event';

interface TopicRow {
  id: number;
  project_id: number;
  name: string;
  settings: TopicSettings;
  broker_name: string | null;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export const toTopic = (row: TopicRow): Topic => ({
  id: row.id,
  projectId: row.project_id,
  name: row.name,
  settings: row.settings,
  brokerName: row.broker_name,
  version: Number(row.version),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** Topics as rows. */
@Injectable()
export class TopicsRepository {
  constructor(private readonly database: Database) {}

  async find(scope: Scope, name: string): Promise<Topic | undefined> {
    const sql = 'select * from zerodb_topics where project_id = $1 and name = $2';
    const { rows } = await this.database.query<TopicRow>(scope, sql, [scope.projectId, name]);
    return rows[0] && toTopic(rows[0]);
  }

  /** In the order of their names, after `after`. */
  async list(scope: Scope, limit: number, after: string): Promise<Topic[]> {
    const sql = 'select * from zerodb_topics where project_id = $1 and name > $2 order by name limit $3';
    const { rows } = await this.database.query<TopicRow>(scope, sql, [scope.projectId, after, limit]);
    return rows.map(toTopic);
  }

  /** Topics of all projects that subscribe to changes. */
  async wanting(): Promise<Topic[]> {
    const sql = `select * from zerodb_topics where settings -> 'changes' <> '[]' order by id`;
    return (await this.database.system.query<TopicRow>(sql)).rows.map(toTopic);
  }

  /**
   * Topics of the project that subscribe to changes, locked against removal. The project's counter of events is locked
   * before them, as everywhere (decision 21): rows are locked above the join, which reads the counter first.
   */
  async lockWanting(tx: Executor, projectId: number): Promise<Topic[]> {
    const { rows } = await tx.query<TopicRow>(
      `with counter as materialized (select from zerodb_event_offsets where project_id = $1 for update)
       select t.* from zerodb_topics t cross join (select count(*) from counter) as c
       where t.settings -> 'changes' <> '[]' and t.project_id = $1 order by t.id for key share of t`,
      [projectId],
    );
    return rows.map(toTopic);
  }

  /** Those of the project that the broker follows: below `prefix`, or to where it may write. */
  async followed(scope: Scope, prefix: string): Promise<Topic[]> {
    const sql = `select * from zerodb_topics t where project_id = $1 and (settings #> '{broker,enabled}') = 'true'
      and (settings #>> '{broker,topic}' is null or starts_with(settings #>> '{broker,topic}', $2) or exists (
        select from zerodb_broker_grants g
        where g.project_id = $1 and g.topic = t.settings #>> '{broker,topic}' and g.can_write))`;
    return (await this.database.query<TopicRow>(scope, sql, [scope.projectId, prefix])).rows.map(toTopic);
  }

  /** Numbers of the names that exist. */
  async ids(scope: Scope, names: readonly string[]): Promise<number[]> {
    const sql = 'select id from zerodb_topics where project_id = $1 and name = any($2::text[])';
    return (await this.database.query<{ id: number }>(scope, sql, [scope.projectId, names])).rows.map(({ id }) => id);
  }

  /** `undefined` when the name is taken. */
  async insert(
    scope: Scope,
    name: string,
    settings: TopicSettings,
    brokerName: string | null = null,
  ): Promise<Topic | undefined> {
    const { rows } = await this.database.query<TopicRow>(
      scope,
      `insert into zerodb_topics (project_id, name, settings, broker_name) values ($1, $2, $3::jsonb, $4)
       on conflict (project_id, name) do nothing returning *`,
      [scope.projectId, name, JSON.stringify(settings), brokerName],
    );
    return rows[0] && toTopic(rows[0]);
  }

  /** `undefined` when it is gone or has another version than `topic`. */
  async update(scope: Scope, topic: Topic, settings: TopicSettings): Promise<Topic | undefined> {
    const { rows } = await this.database.query<TopicRow>(
      scope,
      `update zerodb_topics set settings = $3::jsonb, version = nextval('zerodb_version'), updated_at = now()
       where project_id = $1 and id = $2 and version = $4 returning *`,
      [scope.projectId, topic.id, JSON.stringify(settings), topic.version],
    );
    return rows[0] && toTopic(rows[0]);
  }

  /**
   * Deletes the topic with its groups and dead letters, and runs `alongside` in the same transaction. The next
   * retention round removes its events.
   */
  async delete(scope: Scope, topic: Topic, alongside: (tx: Executor) => Promise<void>): Promise<boolean> {
    return this.database.system.transaction(async (tx) => {
      const sql = 'delete from zerodb_topics where project_id = $1 and id = $2';
      if ((await tx.query(sql, [scope.projectId, topic.id])).rowCount !== 1) return false;
      await alongside(tx);
      return true;
    });
  }

  /** The topic's current totals. */
  async counts(scope: Scope, topic: Topic): Promise<{ events: number; first: number | null; last: number | null }> {
    const { rows } = await this.database.query<{ events: number; first: number | null; last: number | null }>(
      scope,
      `select count(*) as events, min(position) as first, max(position) as last
       from zerodb_events where project_id = $1 and topic_id = $2`,
      [scope.projectId, topic.id],
    );
    return rows[0] ?? { events: 0, first: null, last: null };
  }
}
