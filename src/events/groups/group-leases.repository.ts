import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.port';
import type { Consumer } from '../delivery/consumer';

/** The leases of a group's members. */
@Injectable()
export class GroupLeasesRepository {
  constructor(private readonly database: Database) {}

  /** Records how far each lane was handed out under `token`. */
  async keep(group: Consumer, token: string, lanes: ReadonlyMap<number, number>): Promise<void> {
    if (lanes.size === 0) return;
    await this.database.query(
      group.scope,
      `update zerodb_consumer_lanes l set leased_to = s.position, attempts = l.attempts + 1
       from unnest($4::smallint[], $5::bigint[]) as s (lane, position)
       where l.project_id = $1 and l.consumer_id = $2 and l.lease_token = $3 and l.lane = s.lane`,
      [group.scope.projectId, group.id, token, [...lanes.keys()], [...lanes.values()]],
    );
  }

  /**
   * The lowest position of a lane behind which retention has removed events of that lane; `undefined` for none. What is
   * leased has been handed out.
   */
  async missed({
    scope,
    id,
    topicId,
  }: Pick<Consumer, 'scope' | 'id'> & { readonly topicId: number }): Promise<number | undefined> {
    const { rows } = await this.database.query<{ position: number | null }>(
      scope,
      `select min(l.position) as position from zerodb_consumer_lanes l
       join zerodb_event_trims t on t.topic_id = $3 and t.lane = l.lane and t.project_id = $1
       where l.project_id = $1 and l.consumer_id = $2 and t.position >
         greatest(l.position, case when l.lease_until > now() then coalesce(l.leased_to, 0) else 0 end)`,
      [scope.projectId, id, topicId],
    );
    const position = rows[0]?.position;
    return position === null || position === undefined ? undefined : Number(position);
  }

  /** Returns the number of lanes that were still held. */
  async commit(group: Consumer, token: string, offset: number | undefined): Promise<number> {
    const { rowCount } = await this.database.query(
      group.scope,
      `update zerodb_consumer_lanes set position = greatest(position, least(leased_to, coalesce($4::bigint, leased_to))),
         attempts = 0, leased_to = null, lease_token = null, lease_until = null
       where project_id = $1 and consumer_id = $2 and lease_token = $3 and leased_to is not null`,
      [group.scope.projectId, group.id, token, offset ?? null],
    );
    return rowCount;
  }

  async extend(group: Consumer, token: string, ms: number): Promise<number> {
    const { rowCount } = await this.database.query(
      group.scope,
      `update zerodb_consumer_lanes set lease_until = now() + $4 * interval '1 millisecond'
       where project_id = $1 and consumer_id = $2 and lease_token = $3 and leased_to is not null`,
      [group.scope.projectId, group.id, token, ms],
    );
    return rowCount;
  }

  /** Other members with a recent lease. */
  async others(group: Consumer, holder: string): Promise<number> {
    const { rows } = await this.database.query<{ others: number }>(
      group.scope,
      `select count(distinct holder) as others from zerodb_consumer_lanes
       where project_id = $1 and consumer_id = $2 and holder <> $3 and lease_until > now()`,
      [group.scope.projectId, group.id, holder],
    );
    return Number(rows[0]?.others ?? 0);
  }
}
