import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.port';
import { EVENT_COLUMNS } from '../log/event-log';
import type { StoredEvent } from '../event';
import type { ClaimedLane, Consumer, SettledLane } from './consumer';
import { CLAIMABLE } from './consumers.repository';

export interface Claim {
  readonly lanes: readonly ClaimedLane[];
  /** The last offset when the lanes were claimed. */
  readonly head: number;
}

/** An event that is to be delivered; `isParked`: an earlier one of its key is a dead letter, so it has to wait. */
export type LaneEvent = StoredEvent & { readonly isParked: boolean };

export interface LanePage {
  readonly events: readonly LaneEvent[];
  /** All events of the claimed lanes up to this offset are in the page. */
  readonly through: number;
}

export interface PageLimits {
  readonly events: number;
  readonly bytes: number;
}

/** Lanes of consumers: leased, read, settled. A lease that was taken over settles nothing. */
@Injectable()
export class LanesRepository {
  constructor(private readonly database: Database) {}

  async claim(
    consumer: Consumer,
    lease: { readonly token: string; readonly ms: number; readonly lanes: number; readonly holder?: string },
  ): Promise<Claim> {
    const { rows } = await this.database.query<ClaimedLane & { head: number }>(
      consumer.scope,
      `with head as (select coalesce((select next - 1 from zerodb_event_offsets where project_id = $1), 0) as head),
       free as (
         select l.lane from zerodb_consumer_lanes l, head
         where l.project_id = $1 and l.consumer_id = $2 and ${CLAIMABLE('head.head')}
         order by l.position, l.lane limit $5 for update of l skip locked)
       update zerodb_consumer_lanes l set lease_token = $3, lease_until = now() + $4 * interval '1 millisecond',
         holder = $6, fence = fence + 1, leased_to = null
       from free, head where l.project_id = $1 and l.consumer_id = $2 and l.lane = free.lane
       returning l.lane, l.position, l.attempts, head.head`,
      [consumer.scope.projectId, consumer.id, lease.token, lease.ms, lease.lanes, lease.holder ?? null],
    );
    return { lanes: rows, head: Number(rows[0]?.head ?? 0) };
  }

  /** The next events of the claimed lanes, in order. `topicIds`: `null` for all topics. */
  async read(
    consumer: Consumer,
    { lanes, head }: Claim,
    topicIds: readonly number[] | null,
    limits: PageLimits,
  ): Promise<LanePage> {
    const { rows } = await this.database.query<LaneEvent & { size: number }>(
      consumer.scope,
      `select ${EVENT_COLUMNS}, e.size, exists (
         select from zerodb_dead_letters d
         where d.consumer_id = $2 and d.topic_id = e.topic_id and d.key = e.key) as "isParked"
       from (
         select e.*, sum(octet_length(e.body)) over (order by e.position) - octet_length(e.body) as size from (
           select e.* from zerodb_events e
           join unnest($3::smallint[], $4::bigint[]) as l (lane, position) on l.lane = e.lane and e.position > l.position
           where e.project_id = $1 and e.position > $5 and e.position <= $6
             and ($7::int[] is null or e.topic_id = any($7)) order by e.position limit $8) e) e
       where e.size < $9 order by e.position`,
      [
        consumer.scope.projectId,
        consumer.id,
        lanes.map(({ lane }) => lane),
        lanes.map(({ position }) => position),
        Math.min(...lanes.map(({ position }) => position)),
        head,
        topicIds,
        limits.events,
        limits.bytes,
      ],
    );
    const last = rows.at(-1);
    const isCut =
      last && (rows.length >= limits.events || Number(last.size) + Buffer.byteLength(last.body) >= limits.bytes);
    return { events: rows, through: isCut ? last.position : head };
  }

  /** Moves the lanes and frees them. Returns how many were still held by `token`. */
  async releaseLanes(consumer: Consumer, token: string, lanes: readonly SettledLane[]): Promise<number> {
    const { rowCount } = await this.database.query(
      consumer.scope,
      `update zerodb_consumer_lanes l set position = greatest(l.position, s.position), attempts = s.attempts,
         retry_at = now() + s.retry_ms * interval '1 millisecond', last_error = s.error,
         lease_token = null, lease_until = null, leased_to = null
       from unnest($4::smallint[], $5::bigint[], $6::int[], $7::int[], $8::text[])
         as s (lane, position, attempts, retry_ms, error)
       where l.project_id = $1 and l.consumer_id = $2 and l.lease_token = $3 and l.lane = s.lane`,
      [
        consumer.scope.projectId,
        consumer.id,
        token,
        lanes.map(({ lane }) => lane),
        lanes.map(({ position }) => position),
        lanes.map(({ attempts }) => attempts),
        lanes.map(({ retryMs }) => retryMs ?? null),
        lanes.map(({ error }) => error?.slice(0, 500) ?? null),
      ],
    );
    return rowCount;
  }
}
