import { Injectable } from '@nestjs/common';
import { invalidAt, ZeroDbError } from '../../common/errors';
import type { Caller, Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { BrokerNames } from './broker-names';

export type BrokerAccess = 'read' | 'write';

/** A project's permissions on a broker topic outside of its prefix. */
export interface BrokerGrant {
  readonly topic: string;
  readonly access: readonly BrokerAccess[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface Row {
  topic: string;
  can_read: boolean;
  can_write: boolean;
  created_at: Date;
  updated_at: Date;
}

const toGrant = (row: Row): BrokerGrant => ({
  topic: row.topic,
  access: [...(row.can_read ? (['read'] as const) : []), ...(row.can_write ? (['write'] as const) : [])],
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const COLUMNS = 'topic, can_read, can_write, created_at, updated_at';

/** In any case: such names belong to a project, to ZeroDB or to the broker. */
const RESERVED = /^(zerodb[._]|_)/i;

export const isReserved = (topic: string): boolean => RESERVED.test(topic);

/** Why a subscription is held; the migration that introduced grants writes the same text. */
export const notGranted = (topic: string): string => `The topic "${topic}" is not granted to this project for reading.`;

/** Topics of the broker outside of a project's own prefix: granted by the root key, one by one, by their exact names. */
@Injectable()
export class BrokerGrants {
  constructor(
    private readonly database: Database,
    private readonly names: BrokerNames,
  ) {}

  /** Throws `forbidden` at `path`, or `invalid` for a topic that cannot be granted. */
  async mustAllow(scope: Scope, topic: string, access: BrokerAccess, path: string): Promise<void> {
    if (topic.startsWith(await this.names.prefixOf(scope))) return;
    if (isReserved(topic)) throw invalidAt(path, 'belongs to another project, or to the broker');
    const grant = await this.find(scope, topic);
    if (grant?.access.includes(access)) return;
    const doing = access === 'read' ? 'reading' : 'writing';
    const message = `The broker's topic "${topic}" is not granted to this project for ${doing}; the root key grants it.`;
    throw new ZeroDbError('forbidden', 403, message, { faults: [{ path, message: `needs a grant for ${doing}` }] });
  }

  /** The same for a caller that may hold the root key: its request for a topic is also the grant. */
  async mustAllowOrGrant(
    { scope, isRoot }: Pick<Caller, 'scope' | 'isRoot'>,
    topic: string,
    access: BrokerAccess,
    path: string,
  ): Promise<void> {
    const isOutside = isRoot && !isReserved(topic) && !topic.startsWith(await this.names.prefixOf(scope));
    if (isOutside) await this.extend(scope, topic, access);
    await this.mustAllow(scope, topic, access, path);
  }

  private async extend(scope: Scope, topic: string, access: BrokerAccess): Promise<void> {
    const held = (await this.find(scope, topic))?.access ?? [];
    if (!held.includes(access)) await this.put(scope, topic, [...held, access]);
  }

  async find(scope: Scope, topic: string): Promise<BrokerGrant | undefined> {
    const sql = `select ${COLUMNS} from zerodb_broker_grants where project_id = $1 and topic = $2`;
    const { rows } = await this.database.query<Row>(scope, sql, [scope.projectId, topic]);
    return rows[0] && toGrant(rows[0]);
  }

  /** In the order of their names, after `after`. */
  async list(scope: Scope, limit: number, after: string): Promise<BrokerGrant[]> {
    const sql = `select ${COLUMNS} from zerodb_broker_grants where project_id = $1 and topic > $2 order by topic limit $3`;
    return (await this.database.query<Row>(scope, sql, [scope.projectId, after, limit])).rows.map(toGrant);
  }

  /** Holds subscriptions that lose their topic, in the same transaction. */
  async put(scope: Scope, topic: string, access: readonly BrokerAccess[]): Promise<BrokerGrant> {
    const rights = [access.includes('read'), access.includes('write')];
    return this.database.transaction(scope, async (tx) => {
      const { rows } = await tx.query<Row>(
        `insert into zerodb_broker_grants (project_id, topic, can_read, can_write) values ($1, $2, $3, $4)
         on conflict (project_id, topic) do update
           set can_read = excluded.can_read, can_write = excluded.can_write, updated_at = now() returning ${COLUMNS}`,
        [scope.projectId, topic, ...rights],
      );
      if (!access.includes('read')) await tx.query(HOLD, [scope.projectId, topic, notGranted(topic)]);
      return toGrant(rows[0] as Row);
    });
  }

  /** Returns whether there was one. */
  async delete(scope: Scope, topic: string): Promise<boolean> {
    return this.database.transaction(scope, async (tx) => {
      const sql = 'delete from zerodb_broker_grants where project_id = $1 and topic = $2';
      const { rowCount } = await tx.query(sql, [scope.projectId, topic]);
      await tx.query(HOLD, [scope.projectId, topic, notGranted(topic)]);
      return rowCount === 1;
    });
  }
}

const HOLD = `update zerodb_subscriptions set paused_at = now(), paused_reason = $3, version = nextval('zerodb_version'),
    updated_at = now()
  where project_id = $1 and settings #>> '{source,topic}' = $2 and paused_at is null`;
