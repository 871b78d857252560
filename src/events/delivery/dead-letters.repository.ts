import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { inScope, inTransaction } from '../../database/entities/in-scope';
import { insertRow } from '../../database/entities/statements';
import { SqlParams } from '../../database/filter/sql-params';
import type { StoredEvent } from '../event';
import type { Consumer } from './consumer';
import { DeadLetterEntity } from './dead-letter.entity';

export interface DeadLetter {
  readonly id: number;
  /** `broker`, `webhook:name` or `subscription:name`. */
  readonly consumer: string;
  readonly topic: string | null;
  readonly state: 'dead' | 'waiting' | 'replay';
  readonly position: number;
  readonly event_id: string;
  readonly key: string | null;
  readonly error: string;
  readonly body: string;
  readonly created_at: Date;
}

/** A dead letter to retry. */
export type Replay = StoredEvent & { readonly letterId: number };

/** An event of the broker that a subscription cannot process. */
export interface UnprocessedEvent {
  readonly scope: Scope;
  readonly subscriptionId: number;
  /** In its partition. */
  readonly position: number;
  readonly id: string;
  readonly key: string | null;
  readonly error: string;
  /** As JSON. */
  readonly body: string;
}

/** Characters of an error that are kept. */
const MAX_ERROR = 1_000;
const LISTED_COLUMNS = `d.id, d.state, d.position, d.event_id, d.key, d.error, d.body, d.created_at, t.name as topic,
  coalesce(case when c.kind = 'broker' then 'broker' else c.kind || ':' || c.name end, 'subscription:' || s.name) as consumer`;
const JOINED = `zerodb_dead_letters d left join zerodb_consumers c on c.id = d.consumer_id
  left join zerodb_subscriptions s on s.id = d.subscription_id left join zerodb_topics t on t.id = d.topic_id`;
/** Of the same consumer, topic and key. */
const SAME_KEY = `o.consumer_id = d.consumer_id and o.topic_id = d.topic_id and o.key = d.key`;

/** Events that could not be delivered, and those of the same key that wait behind them. */
@Injectable()
export class DeadLettersRepository {
  constructor(
    @InjectRepository(DeadLetterEntity) private readonly letters: Repository<DeadLetterEntity>,
    private readonly database: Database,
  ) {}

  async list(
    scope: Scope,
    of: { readonly topicId?: number; readonly subscriptionId?: number },
    limit: number,
    after: number,
  ): Promise<DeadLetter[]> {
    const { rows } = await this.database.query<DeadLetter>(
      scope,
      `select ${LISTED_COLUMNS} from ${JOINED} where d.project_id = $1 and d.id > $2 and ($4::int is null or d.topic_id = $4)
         and ($5::int is null or d.subscription_id = $5) order by d.id limit $3`,
      [scope.projectId, after, limit, of.topicId ?? null, of.subscriptionId ?? null],
    );
    return rows;
  }

  async find(scope: Scope, id: number): Promise<DeadLetter | undefined> {
    const sql = `select ${LISTED_COLUMNS} from ${JOINED} where d.project_id = $1 and d.id = $2`;
    return (await this.database.query<DeadLetter>(scope, sql, [scope.projectId, id])).rows[0];
  }

  /**
   * Stores an undeliverable event. If its key already has a dead letter, it waits behind that. Repeating this has no
   * effect.
   */
  async add(consumer: Consumer, event: StoredEvent, state: 'dead' | 'waiting', error: string): Promise<void> {
    const params = new SqlParams();
    const of = params.addAll({
      project: consumer.scope.projectId,
      consumer: consumer.id,
      topic: event.topicId,
      lane: event.lane,
      position: event.position,
      id: event.id,
      key: event.key,
      state,
      error: error.slice(0, MAX_ERROR),
      body: event.body,
    });
    const others = `select from zerodb_dead_letters o where o.consumer_id = ${of.consumer} and o.topic_id = ${of.topic}`;
    await this.database.query(
      consumer.scope,
      `insert into zerodb_dead_letters
         (project_id, consumer_id, topic_id, lane, position, event_id, key, state, error, body)
       select ${of.project}, ${of.consumer}, t.id, ${of.lane}, ${of.position}, ${of.id}, ${of.key},
         case when ${of.state} = 'waiting' and not exists (${others} and o.key = ${of.key} and o.state = 'dead')
           then 'replay' else ${of.state} end, ${of.error}, ${of.body}
       from zerodb_topics t where t.id = ${of.topic} and not exists (${others} and o.position = ${of.position})`,
      params.values,
    );
  }

  /** Stores an event that a subscription cannot process, in the transaction that advances past it. */
  async addOfSubscription(tx: Executor, { scope, subscriptionId, error, ...event }: UnprocessedEvent): Promise<void> {
    const { position, id, key, body } = event;
    await insertRow(inTransaction(this.letters, tx), {
      project_id: scope.projectId,
      subscription_id: subscriptionId,
      position,
      event_id: id,
      key,
      state: 'dead',
      error: error.slice(0, MAX_ERROR),
      body,
    });
  }

  /** Dead letters of the lanes to retry, in order. */
  async replays(consumer: Consumer, lanes: readonly number[], limit: number): Promise<Replay[]> {
    const { rows } = await this.database.query<Replay>(
      consumer.scope,
      `select id as "letterId", topic_id as "topicId", lane, position, event_id as id, key, '' as type, body
       from zerodb_dead_letters where project_id = $1 and consumer_id = $2 and state = 'replay' and lane = any($3::smallint[])
       order by position limit $4`,
      [consumer.scope.projectId, consumer.id, lanes, limit],
    );
    return rows;
  }

  /** Removes a delivered one. */
  async remove(scope: Scope, id: number): Promise<boolean> {
    const { affected } = await inScope(this.letters, scope).delete({ project_id: scope.projectId, id });
    return affected === 1;
  }

  /** The same in the transaction of its effect. */
  async removeIn(tx: Executor, scope: Scope, id: number): Promise<void> {
    await inTransaction(this.letters, tx).delete({ project_id: scope.projectId, id });
  }

  /** Keeps one that failed again, and those behind it. */
  async failAgain(scope: Scope, id: number, error: string): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_dead_letters o set state = case when o.id = d.id then 'dead' else 'waiting' end,
         error = case when o.id = d.id then $3 else o.error end
       from zerodb_dead_letters d where d.project_id = $1 and d.id = $2
         and (o.id = d.id or (${SAME_KEY} and o.position > d.position and o.state = 'replay'))`,
      [scope.projectId, id, error.slice(0, MAX_ERROR)],
    );
  }

  /** Schedules a retry of it and of the events behind it, up to the next dead one. Returns whether it existed. */
  async replay(scope: Scope, id: number): Promise<boolean> {
    return await this.release(scope, id, false);
  }

  /** Deletes it; the events behind it are delivered. Returns whether it existed. */
  async drop(scope: Scope, id: number): Promise<boolean> {
    return await this.release(scope, id, true);
  }

  private async release(scope: Scope, id: number, isDropped: boolean): Promise<boolean> {
    return await this.database.transaction(scope, async (tx) => {
      const { rowCount } = await tx.query(
        `update zerodb_dead_letters o set state = 'replay' from zerodb_dead_letters d
         where d.project_id = $1 and d.id = $2 and (o.id = d.id or (${SAME_KEY} and o.position > d.position
           and o.state = 'waiting' and not exists (
             select from zerodb_dead_letters b where b.consumer_id = d.consumer_id and b.topic_id = d.topic_id
               and b.key = d.key and b.state = 'dead' and b.id <> d.id and b.position < o.position)))`,
        [scope.projectId, id],
      );
      await tx.query(
        `update zerodb_consumer_lanes l set retry_at = null from zerodb_dead_letters d
         where d.project_id = $1 and d.id = $2 and l.consumer_id = d.consumer_id and l.lane = d.lane`,
        [scope.projectId, id],
      );
      if (isDropped) {
        await this.removeIn(tx, scope, id);
      }
      return rowCount > 0;
    });
  }
}
