import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { inScope, inTransaction } from '../../database/entities/in-scope';
import { NEXT_VERSION } from '../../database/entities/statements';
import { DeadLettersRepository } from '../delivery/dead-letters.repository';
import type { SinkEvent } from './event-sinks';
import { identityOf } from './sink-event';
import type { Subscription, SubscriptionSettings } from './subscription';
import { SubscriptionEntity } from './subscription.entity';

const toSubscription = (row: SubscriptionEntity, projectName: string): Subscription => ({
  id: row.id,
  scope: { projectId: row.project_id, projectName },
  name: row.name,
  settings: row.settings,
  pausedAt: row.paused_at,
  pausedReason: row.paused_reason,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** A subscription's position in one partition. */
export interface PartitionOffset {
  readonly clusterId: string;
  readonly partition: number;
  readonly next: number;
}

/** Subscriptions, and the events they have processed. */
@Injectable()
export class SubscriptionsRepository {
  constructor(
    @InjectRepository(SubscriptionEntity) private readonly subscriptions: Repository<SubscriptionEntity>,
    private readonly letters: DeadLettersRepository,
    private readonly database: Database,
  ) {}

  async find(scope: Scope, name: string): Promise<Subscription | undefined> {
    const row = await inScope(this.subscriptions, scope).findOneBy({ project_id: scope.projectId, name });
    return row ? toSubscription(row, scope.projectName) : undefined;
  }

  async list(scope: Scope, limit: number, after: string): Promise<Subscription[]> {
    const where = { project_id: scope.projectId, name: MoreThan(after) };
    const rows = await inScope(this.subscriptions, scope).find({ where, order: { name: 'asc' }, take: limit });
    return rows.map((row) => toSubscription(row, scope.projectName));
  }

  /** Holds those that read a topic which is not below their project's prefix and is not granted to it. */
  async holdUngranted(): Promise<void> {
    await this.database.system.query(
      `update zerodb_subscriptions s set paused_at = now(), version = nextval('zerodb_version'), updated_at = now(),
         paused_reason = 'The topic "' || (s.settings #>> '{source,topic}') || '" is not granted to this project for reading.'
       from zerodb_projects p where p.id = s.project_id and s.paused_at is null
         and not starts_with(s.settings #>> '{source,topic}', coalesce(p.broker_prefix, 'zerodb.' || p.uid || '.' || p.name || '.'))
         and not exists (select from zerodb_broker_grants g
           where g.project_id = s.project_id and g.topic = s.settings #>> '{source,topic}' and g.can_read)`,
    );
  }

  /** Those of all projects that are not paused. */
  async active(limit: number): Promise<Subscription[]> {
    const { rows } = await this.database.system.query<SubscriptionEntity & { readonly project: string }>(
      `select s.*, p.name as project from zerodb_subscriptions s join zerodb_projects p on p.id = s.project_id
       where s.paused_at is null order by s.id limit $1`,
      [limit],
    );
    return rows.map((row) => toSubscription(row, row.project));
  }

  async put(scope: Scope, name: string, settings: SubscriptionSettings): Promise<{ id: number; created: boolean }> {
    const { rows } = await this.database.query<{ id: number; created: boolean }>(
      scope,
      `insert into zerodb_subscriptions (project_id, name, settings) values ($1, $2, $3::jsonb)
       on conflict (project_id, name) do update set settings = excluded.settings, version = nextval('zerodb_version'),
         updated_at = now() returning id, (xmax = 0) as created`,
      [scope.projectId, name, JSON.stringify(settings)],
    );
    return rows[0] ?? { id: 0, created: false };
  }

  async pause({ scope, id }: Subscription, reason: string | undefined): Promise<void> {
    await inScope(this.subscriptions, scope).update(
      { project_id: scope.projectId, id },
      {
        paused_at: reason === undefined ? null : () => 'coalesce(paused_at, now())',
        paused_reason: reason ?? null,
        ...NEXT_VERSION,
      },
    );
  }

  /** Runs `alongside` in the same transaction. */
  async delete({ scope, id }: Subscription, alongside: (tx: Executor) => Promise<void>): Promise<void> {
    await this.database.system.transaction(async (tx) => {
      await inTransaction(this.subscriptions, tx).delete({ project_id: scope.projectId, id });
      await alongside(tx);
    });
  }

  async offsets({ scope, id }: Subscription, clusterId?: string): Promise<PartitionOffset[]> {
    const { rows } = await this.database.query<PartitionOffset>(
      scope,
      `select cluster_id as "clusterId", partition, next from zerodb_subscription_offsets
       where project_id = $1 and subscription_id = $2 and ($3::text is null or cluster_id = $3) order by partition`,
      [scope.projectId, id, clusterId ?? null],
    );
    return rows;
  }

  /** Those of the events that have taken effect. */
  async known({ scope, id }: Subscription, events: readonly SinkEvent[]): Promise<Set<SinkEvent>> {
    const { rows } = await this.database.query<{ n: number }>(
      scope,
      `select i.n::int as n from unnest($3::bytea[], $4::text[]) with ordinality as i (identity, event_id, n)
       where exists (select from zerodb_inbox b where b.project_id = $1 and b.subscription_id = $2
           and b.identity = i.identity)
         -- The version before kept the id alone.
         or exists (select from zerodb_inbox b where b.project_id = $1 and b.subscription_id = $2
           and b.identity is null and b.event_id = i.event_id)`,
      [scope.projectId, id, events.map(identityOf), events.map((event) => event.id)],
    );
    return new Set(rows.flatMap(({ n }) => events[n - 1] ?? []));
  }

  /**
   * Records, in the transaction of the effect, that these events were processed. One that another member has just
   * recorded aborts the transaction, and with it the effect.
   */
  async settle(
    tx: Executor,
    { scope, id }: Subscription,
    events: readonly SinkEvent[],
    offset: PartitionOffset,
  ): Promise<void> {
    if (events.length > 0) {
      await tx.query(
        `insert into zerodb_inbox (subscription_id, project_id, event_id, identity)
         select $1, $2, event_id, identity from unnest($3::text[], $4::bytea[]) as i (event_id, identity)`,
        [id, scope.projectId, events.map((event) => event.id), events.map(identityOf)],
      );
    }
    await this.move(tx, { scope, id }, offset);
  }

  /** Stores a dead letter and advances past it, in one transaction. */
  async addDeadLetter(
    subscription: Subscription,
    event: SinkEvent,
    error: string,
    offset: PartitionOffset,
  ): Promise<void> {
    const { scope, id } = subscription;
    await this.database.transaction(scope, async (tx) => {
      const { key } = event.document;
      await this.letters.addOfSubscription(tx, {
        scope,
        subscriptionId: id,
        position: offset.next - 1,
        id: event.id,
        key: typeof key === 'string' ? key : null,
        error,
        body: JSON.stringify(event),
      });
      await this.settle(tx, subscription, [event], offset);
    });
  }

  async skip(subscription: Subscription, offset: PartitionOffset): Promise<void> {
    await this.database.transaction(subscription.scope, (tx) => this.move(tx, subscription, offset));
  }

  private async move(
    tx: Executor,
    { scope, id }: Pick<Subscription, 'scope' | 'id'>,
    offset: PartitionOffset,
  ): Promise<void> {
    await tx.query(
      `insert into zerodb_subscription_offsets (subscription_id, project_id, cluster_id, partition, next)
       values ($1, $2, $3, $4, $5) on conflict (subscription_id, cluster_id, partition)
       do update set next = excluded.next, updated_at = now()`,
      [id, scope.projectId, offset.clusterId, offset.partition, offset.next],
    );
  }
}
