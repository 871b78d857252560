import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { inScope, inTransaction } from '../../database/entities/in-scope';
import { BrokerGrantEntity } from './broker-grant.entity';

export type BrokerAccess = 'read' | 'write';

/** A project's permissions on a broker topic outside of its prefix. */
export interface BrokerGrant {
  readonly topic: string;
  readonly access: readonly BrokerAccess[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const toGrant = (row: BrokerGrantEntity): BrokerGrant => ({
  topic: row.topic,
  access: [...(row.can_read ? (['read'] as const) : []), ...(row.can_write ? (['write'] as const) : [])],
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** Why a subscription is held; the migration that introduced grants writes the same text. */
export const notGranted = (topic: string): string => `The topic "${topic}" is not granted to this project for reading.`;

/** The table of grants. */
@Injectable()
export class BrokerGrantsRepository {
  constructor(
    @InjectRepository(BrokerGrantEntity) private readonly grants: Repository<BrokerGrantEntity>,
    private readonly database: Database,
  ) {}

  async find(scope: Scope, topic: string): Promise<BrokerGrant | undefined> {
    const row = await inScope(this.grants, scope).findOneBy({ project_id: scope.projectId, topic });
    return row ? toGrant(row) : undefined;
  }

  /** In the order of their names, after `after`. */
  async list(scope: Scope, limit: number, after: string): Promise<BrokerGrant[]> {
    const where = { project_id: scope.projectId, topic: MoreThan(after) };
    return (await inScope(this.grants, scope).find({ where, order: { topic: 'asc' }, take: limit })).map(toGrant);
  }

  /** Holds subscriptions that lose their topic, in the same transaction. */
  async put(scope: Scope, topic: string, access: readonly BrokerAccess[]): Promise<BrokerGrant> {
    const rights = [access.includes('read'), access.includes('write')];
    return this.database.transaction(scope, async (tx) => {
      const { rows } = await tx.query<BrokerGrantEntity>(
        `insert into zerodb_broker_grants (project_id, topic, can_read, can_write) values ($1, $2, $3, $4)
         on conflict (project_id, topic) do update
           set can_read = excluded.can_read, can_write = excluded.can_write, updated_at = now() returning *`,
        [scope.projectId, topic, ...rights],
      );
      if (!access.includes('read')) await tx.query(HOLD, [scope.projectId, topic, notGranted(topic)]);
      return toGrant(rows[0] as BrokerGrantEntity);
    });
  }

  /** Returns whether there was one. */
  async delete(scope: Scope, topic: string): Promise<boolean> {
    return this.database.transaction(scope, async (tx) => {
      const { affected } = await inTransaction(this.grants, tx).delete({ project_id: scope.projectId, topic });
      await tx.query(HOLD, [scope.projectId, topic, notGranted(topic)]);
      return affected === 1;
    });
  }
}

const HOLD = `update zerodb_subscriptions set paused_at = now(), paused_reason = $3, version = nextval('zerodb_version'),
    updated_at = now()
  where project_id = $1 and settings #>> '{source,topic}' = $2 and paused_at is null`;
