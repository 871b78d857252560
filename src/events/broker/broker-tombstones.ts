import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.port';

/** An object to remove from the broker: a topic, a group, or everything with a prefix. */
export interface BrokerTombstone {
  readonly kind: 'topic' | 'group' | 'prefix';
  readonly name: string;
  /** No writer can be left: after this removal it stays removed. */
  readonly isFinal: boolean;
}

const LEASE_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 300;
const KEPT_DAYS = 90;

/** Pending removals from the broker, as rows, because the broker may be unreachable for long. */
@Injectable()
export class BrokerTombstones {
  constructor(private readonly database: Database) {}

  async claim(limit: number): Promise<BrokerTombstone[]> {
    const { rows } = await this.database.system.query<BrokerTombstone>(
      `with due as materialized (select kind, name from zerodb_broker_tombstones
         where done_at is null and run_after <= now() order by run_after limit $1 for update skip locked)
       update zerodb_broker_tombstones t set attempts = t.attempts + 1, run_after = now() + $2 * interval '1 second'
       from due where t.kind = due.kind and t.name = due.name
       returning t.kind, t.name, t.final_after <= now() as "isFinal"`,
      [limit, LEASE_SECONDS],
    );
    return rows;
  }

  /** Records a removal; it is repeated once no writer can be left. */
  async recordRemoval({ kind, name, isFinal }: BrokerTombstone): Promise<void> {
    await this.database.system.query(
      `update zerodb_broker_tombstones set last_error = null, run_after = final_after,
         done_at = case when $3 then now() end where kind = $1 and name = $2`,
      [kind, name, isFinal],
    );
  }

  async retryLater({ kind, name }: BrokerTombstone, reason: string): Promise<void> {
    await this.database.system.query(
      `update zerodb_broker_tombstones set last_error = $3,
         run_after = now() + least($4, power(2, least(attempts, 10)) / 2) * interval '1 second'
       where kind = $1 and name = $2`,
      [kind, name, reason.slice(0, 500), LONGEST_PAUSE_SECONDS],
    );
  }

  /** Names of existing projects are kept, so that they are not reused; those of deleted projects never are. */
  async clean(): Promise<void> {
    await this.database.system.query(
      `delete from zerodb_broker_tombstones t where done_at < now() - ${KEPT_DAYS} * interval '1 day'
         and not exists (select from zerodb_projects p where p.uid = t.project_uid)`,
    );
  }
}
