import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, MoreThan, Raw, Repository } from 'typeorm';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { asSystem, inScope, inTransaction } from '../../database/entities/in-scope';
import { insertIfAbsent, NEXT_VERSION, updateRow } from '../../database/entities/statements';
import type { Topic, TopicSettings } from '../event';
import { TopicEntity } from './topic.entity';

export const toTopic = (row: TopicEntity): Topic => ({
  id: row.id,
  projectId: row.project_id,
  name: row.name,
  settings: row.settings,
  brokerName: row.broker_name,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** Topics as rows. */
@Injectable()
export class TopicsRepository {
  constructor(
    @InjectRepository(TopicEntity) private readonly topics: Repository<TopicEntity>,
    private readonly database: Database,
  ) {}

  async find(scope: Scope, name: string): Promise<Topic | undefined> {
    const row = await inScope(this.topics, scope).findOneBy({ project_id: scope.projectId, name });
    return row ? toTopic(row) : undefined;
  }

  /** In the order of their names, after `after`. */
  async list(scope: Scope, limit: number, after: string): Promise<Topic[]> {
    const where = { project_id: scope.projectId, name: MoreThan(after) };
    return (await inScope(this.topics, scope).find({ where, order: { name: 'asc' }, take: limit })).map(toTopic);
  }

  /** Topics of all projects that subscribe to changes. */
  async listChangeSubscribers(): Promise<Topic[]> {
    const where = { settings: Raw((settings) => `${settings} -> 'changes' <> '[]'`) };
    return (await asSystem(this.topics).find({ where, order: { id: 'asc' } })).map(toTopic);
  }

  /**
   * Topics of the project that subscribe to changes, locked against removal. The project's counter of events is locked
   * before them, as everywhere (decision 21): rows are locked above the join, which reads the counter first.
   */
  async lockChangeSubscribers(tx: Executor, projectId: number): Promise<Topic[]> {
    const { rows } = await tx.query<TopicEntity>(
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
    return (await this.database.query<TopicEntity>(scope, sql, [scope.projectId, prefix])).rows.map(toTopic);
  }

  /** Numbers of the names that exist. */
  async ids(scope: Scope, names: readonly string[]): Promise<number[]> {
    const where = { project_id: scope.projectId, name: Any(names) };
    return (await inScope(this.topics, scope).find({ select: { id: true }, where })).map(({ id }) => id);
  }

  /** `undefined` when the name is taken. */
  async insert(
    scope: Scope,
    name: string,
    settings: TopicSettings,
    brokerName: string | null = null,
  ): Promise<Topic | undefined> {
    const topic = { project_id: scope.projectId, name, settings, broker_name: brokerName };
    const row = await insertIfAbsent(inScope(this.topics, scope), topic);
    return row && toTopic(row);
  }

  /** `undefined` when it is gone or has another version than `topic`. */
  async update(scope: Scope, topic: Topic, settings: TopicSettings): Promise<Topic | undefined> {
    const where = { project_id: scope.projectId, id: topic.id, version: topic.version };
    const row = await updateRow(inScope(this.topics, scope), where, { settings, ...NEXT_VERSION });
    return row && toTopic(row);
  }

  /**
   * Deletes the topic with its groups and dead letters, and runs `alongside` in the same transaction. The next
   * retention round removes its events.
   */
  async delete(scope: Scope, topic: Topic, alongside: (tx: Executor) => Promise<void>): Promise<boolean> {
    return this.database.system.transaction(async (tx) => {
      const { affected } = await inTransaction(this.topics, tx).delete({ project_id: scope.projectId, id: topic.id });
      if (affected !== 1) return false;
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
