import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { inScope, inTransaction } from '../../database/entities/in-scope';
import { insertIfAbsent, NEXT_VERSION, updateRow } from '../../database/entities/statements';
import { LANES } from '../event';
import type { Consumer, ConsumerKind } from './consumer';
import { ConsumerEntity } from './consumer.entity';

const toConsumer = (row: ConsumerEntity, projectName: string): Consumer => ({
  id: row.id,
  scope: { projectId: row.project_id, projectName },
  kind: row.kind,
  name: row.name,
  topicId: row.topic_id,
  settings: row.settings,
  pausedAt: row.paused_at,
  pausedReason: row.paused_reason,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export interface NewConsumer {
  readonly kind: ConsumerKind;
  readonly name: string;
  readonly topicId: number | null;
  readonly settings: unknown;
  /** The offset after which it begins; absent: now. */
  readonly after?: number | undefined;
}

/** The position of a consumer. */
export interface ConsumerProgress {
  /** Everything up to it is delivered. */
  readonly position: number;
  /** Undelivered events of its lanes. Counts offsets of other topics in between, so it is an upper bound. */
  readonly behind: number;
  readonly error: string | null;
}

/** Consumers of the log, with their lanes. */
@Injectable()
export class ConsumersRepository {
  constructor(
    @InjectRepository(ConsumerEntity) private readonly consumers: Repository<ConsumerEntity>,
    private readonly database: Database,
  ) {}

  /** By hand: each poll and each commit of a group asks this. */
  async find(scope: Scope, kind: ConsumerKind, name: string): Promise<Consumer | undefined> {
    const sql = 'select * from zerodb_consumers where project_id = $1 and kind = $2 and name = $3';
    const { rows } = await this.database.query<ConsumerEntity>(scope, sql, [scope.projectId, kind, name]);
    return rows[0] && toConsumer(rows[0], scope.projectName);
  }

  async list(scope: Scope, kind: ConsumerKind, limit: number, after: string, topicId?: number): Promise<Consumer[]> {
    const rows = await inScope(this.consumers, scope).find({
      where: {
        project_id: scope.projectId,
        kind,
        name: MoreThan(after),
        ...(topicId === undefined ? {} : { topic_id: topicId }),
      },
      order: { name: 'asc' },
      take: limit,
    });
    return rows.map((row) => toConsumer(row, scope.projectName));
  }

  /** Creates the consumer with its lanes, or returns the existing one. */
  async create(scope: Scope, wanted: NewConsumer): Promise<{ consumer: Consumer; created: boolean }> {
    const made = await this.database.transaction(scope, async (tx) => {
      const { kind, name, topicId, settings } = wanted;
      const consumer = { project_id: scope.projectId, kind, name, topic_id: topicId, settings };
      const row = await insertIfAbsent(inTransaction(this.consumers, tx), consumer);
      if (!row) return undefined;
      await tx.query(
        `insert into zerodb_consumer_lanes (consumer_id, project_id, lane, position)
         select $1, $2, lane, coalesce($3, (select next - 1 from zerodb_event_offsets where project_id = $2), 0)
         from generate_series(0, ${LANES - 1}) as lane`,
        [row.id, scope.projectId, wanted.after ?? null],
      );
      return row;
    });
    if (made) return { consumer: toConsumer(made, scope.projectName), created: true };
    const consumer = await this.find(scope, wanted.kind, wanted.name);
    if (!consumer) throw new Error('The consumer was deleted while it was being created.');
    return { consumer, created: false };
  }

  /** `undefined` when it is gone, or has another version than `version`. */
  async update(consumer: Consumer, settings: unknown, version?: number): Promise<Consumer | undefined> {
    const { scope, id } = consumer;
    const where = { project_id: scope.projectId, id, ...(version === undefined ? {} : { version }) };
    const row = await updateRow(inScope(this.consumers, scope), where, { settings, ...NEXT_VERSION });
    return row && toConsumer(row, scope.projectName);
  }

  /** Pauses it with a reason; resumes it without one, and ends its waits for retries. */
  async pause(consumer: Consumer, reason: string | undefined): Promise<void> {
    const { projectId } = consumer.scope;
    await inScope(this.consumers, consumer.scope).update(
      { project_id: projectId, id: consumer.id },
      {
        paused_at: reason === undefined ? null : () => 'coalesce(paused_at, now())',
        paused_reason: reason ?? null,
        updated_at: NEXT_VERSION.updated_at,
      },
    );
    if (reason !== undefined) return;
    const sql = `update zerodb_consumer_lanes set retry_at = null where project_id = $1 and consumer_id = $2`;
    await this.database.query(consumer.scope, sql, [projectId, consumer.id]);
  }

  async delete({ scope, id }: Consumer): Promise<boolean> {
    const { affected } = await inScope(this.consumers, scope).delete({ project_id: scope.projectId, id });
    return affected === 1;
  }

  async progress(consumer: Consumer): Promise<ConsumerProgress> {
    const { projectId } = consumer.scope;
    const { rows } = await this.database.query<ConsumerProgress>(
      consumer.scope,
      `select l.position, l.error, (select count(*) from zerodb_events e
           join zerodb_consumer_lanes n on n.consumer_id = $2 and n.lane = e.lane and e.position > n.position
           where e.project_id = $1 and e.position > l.position and ($3::int is null or e.topic_id = $3)) as behind
       from (select min(position) as position, max(last_error) as error from zerodb_consumer_lanes
             where project_id = $1 and consumer_id = $2) l`,
      [projectId, consumer.id, consumer.topicId],
    );
    return rows[0] ?? { position: 0, behind: 0, error: null };
  }

  /** Moves all lanes to an offset, forwards or back. Leases end: deliveries in progress are no longer acknowledged. */
  async seek(consumer: Consumer, position: number): Promise<void> {
    await this.database.query(
      consumer.scope,
      `update zerodb_consumer_lanes set position = $3, leased_to = null, lease_token = null, lease_until = null,
         attempts = 0, retry_at = null where project_id = $1 and consumer_id = $2`,
      [consumer.scope.projectId, consumer.id, position],
    );
  }

  /** Consumers of all projects with work to do now. */
  async due(kinds: readonly ConsumerKind[]): Promise<Consumer[]> {
    const { rows } = await this.database.system.query<ConsumerEntity & { readonly project: string }>(
      `select c.*, p.name as project from zerodb_consumers c
       join zerodb_projects p on p.id = c.project_id
       left join zerodb_event_offsets o on o.project_id = c.project_id
       where c.kind = any($1::text[]) and c.paused_at is null and exists (
         select from zerodb_consumer_lanes l where l.consumer_id = c.id and ${CLAIMABLE('o.next - 1')}) limit 100`,
      [kinds],
    );
    return rows.map((row) => toConsumer(row, row.project));
  }

  /** Creates the broker's follower for every project with events, from the first stored event. */
  async createFollowers(): Promise<void> {
    await this.database.system.query(
      `with made as (
         insert into zerodb_consumers (project_id, kind, name)
         select o.project_id, 'broker', 'broker' from zerodb_event_offsets o
         where not exists (select from zerodb_consumers c where c.project_id = o.project_id and c.kind = 'broker')
         on conflict do nothing returning id, project_id)
       insert into zerodb_consumer_lanes (consumer_id, project_id, lane, position)
       select made.id, made.project_id, lane, 0 from made cross join generate_series(0, ${LANES - 1}) as lane`,
    );
  }
}

/** Whether lane `l` is free and has something to do, `head` being the last offset of its project. */
export const CLAIMABLE = (head: string): string => `
  (l.lease_until is null or l.lease_until < now()) and (l.retry_at is null or l.retry_at <= now())
  and (l.position < ${head} or exists (
    select from zerodb_dead_letters d where d.consumer_id = l.consumer_id and d.lane = l.lane and d.state = 'replay'))`;
