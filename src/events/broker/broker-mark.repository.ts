import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.port';

export interface BrokerMark {
  readonly clusterId: string;
  /** The topic that marks it as known; an emptied broker does not have it. */
  readonly epoch: string;
  readonly losses: number;
}

/** Identifies the broker that we last wrote to. */
@Injectable()
export class BrokerMarkRepository {
  constructor(private readonly database: Database) {}

  async find(): Promise<BrokerMark | undefined> {
    const { rows } = await this.database.system.query<BrokerMark>(
      `select cluster_id as "clusterId", epoch, losses from zerodb_broker_marks where name = 'broker'`,
    );
    return rows[0];
  }

  async save(clusterId: string, epoch: string): Promise<void> {
    await this.database.system.query(
      `insert into zerodb_broker_marks (name, cluster_id, epoch) values ('broker', $1, $2)
       on conflict (name) do update set cluster_id = $1, epoch = $2, updated_at = now()`,
      [clusterId, epoch],
    );
  }

  /**
   * Handles a broker that lost its data: counts it, and restarts every follower at the first stored event. Returns
   * whether this call did it; of several replicas that notice, one does.
   */
  async recordLoss(known: BrokerMark): Promise<boolean> {
    return await this.database.system.transaction(async (tx) => {
      const { rowCount } = await tx.query(
        `update zerodb_broker_marks set losses = losses + 1, lost_at = now(), epoch = '', cluster_id = '', updated_at = now()
         where name = 'broker' and epoch = $1 and cluster_id = $2`,
        [known.epoch, known.clusterId],
      );
      if (rowCount === 1) await rewind(tx);
      return rowCount === 1;
    });
  }

  /** Resends all stored events, under the same ids. */
  async rewind(): Promise<void> {
    await this.database.system.transaction((tx) => rewind(tx));
  }

  /** Offsets that the followers have not passed yet, and the age of the oldest event among them. */
  async lag(): Promise<{ events: number; seconds: number }> {
    const { rows } = await this.database.system.query<{ events: number; seconds: number }>(
      `select coalesce(sum(f.behind), 0)::bigint as events, coalesce(max(f.seconds), 0)::float8 as seconds from (
         select greatest(o.next - 1 - min(l.position), 0) as behind,
           (select extract(epoch from clock_timestamp() - e.published_at) from zerodb_events e
            where e.project_id = c.project_id and e.position > min(l.position) order by e.position limit 1) as seconds
         from zerodb_consumers c join zerodb_consumer_lanes l on l.consumer_id = c.id
         join zerodb_event_offsets o on o.project_id = c.project_id
         where c.kind = 'broker' group by c.id, c.project_id, o.next) f`,
    );
    return { events: Number(rows[0]?.events ?? 0), seconds: Number(rows[0]?.seconds ?? 0) };
  }
}

const rewind = async (tx: { query(sql: string): Promise<unknown> }): Promise<void> => {
  await tx.query(
    `update zerodb_consumer_lanes l set position = 0, attempts = 0, retry_at = null, lease_token = null, lease_until = null
     from zerodb_consumers c where c.id = l.consumer_id and c.kind = 'broker'`,
  );
};
