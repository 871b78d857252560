import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { laneOf, type EventDraft, type Receipt, type StoredEvent } from '../event';

export const EVENT_COLUMNS = `e.position, e.topic_id as "topicId", e.event_id as id, e.lane, e.key, e.type, e.body`;

export interface LogPage {
  readonly events: StoredEvent[];
  /** All offsets up to this one are in `events` or of no interest to the reader. */
  readonly through: number;
  /** Whether the page was cut at its limit. */
  readonly hasMore: boolean;
  /** The last offset of these topics that retention has removed; 0 for none. A reader before it has missed events. */
  readonly trimmed: number;
}

interface HeadRow {
  readonly head: number;
  readonly trimmed: number;
}

const TRIMMED = `coalesce((select max(position) from zerodb_event_trims
  where project_id = $1 and topic_id = any($2::int[])), 0)`;

/** The append-only log of each project. */
@Injectable()
export class EventLog {
  constructor(private readonly database: Database) {}

  /** Stores events, all or nothing, in the order given. A repeat of a source and id gets the offset of the first. */
  async append(scope: Scope, drafts: readonly EventDraft[], on: Executor = this.on(scope)): Promise<Receipt[]> {
    const { rows } = await on.query<{ stored_position: number }>(
      'select stored_position from zerodb_create_events($1, $2, $3, $4, $5, $6, $7, $8, $9) order by ordinal',
      [
        scope.projectId,
        drafts.map((draft) => draft.topicId),
        drafts.map((draft) => draft.id),
        drafts.map((draft) => draft.source),
        drafts.map((draft) => draft.isGiven),
        drafts.map((draft) => laneOf(draft.key ?? draft.id)),
        drafts.map((draft) => draft.key),
        drafts.map((draft) => draft.type),
        drafts.map((draft) => draft.body),
      ],
    );
    return drafts.map(({ id }, index) => ({ id, offset: Number(rows[index]?.stored_position) }));
  }

  /** The last assigned offset; 0 for a log without events. */
  async head(scope: Scope): Promise<number> {
    const sql = 'select next - 1 as head from zerodb_event_offsets where project_id = $1';
    const { rows } = await this.database.query<Pick<HeadRow, 'head'>>(scope, sql, [scope.projectId]);
    return Number(rows[0]?.head ?? 0);
  }

  /** Events after `after` of these topics, in order. Ends early at `maxBytes`, but never before the first event. */
  async read(
    scope: Scope,
    topicIds: readonly number[],
    after: number,
    limit: number,
    maxBytes = 8 * 1024 * 1024,
  ): Promise<LogPage> {
    const { rows } = await this.database.query<StoredEvent & HeadRow & { size: number }>(
      scope,
      // Sizes are summed before bodies are fetched: a page of large events stays bounded.
      `with head as (select next - 1 as head, ${TRIMMED} as trimmed from zerodb_event_offsets where project_id = $1),
       found as (
         select e.*, sum(octet_length(e.body)) over (order by e.position) - octet_length(e.body) as size from (
           select * from zerodb_events
           where project_id = $1 and position > $3 and topic_id = any($2::int[]) order by position limit $4) e)
       select head.head, head.trimmed, ${EVENT_COLUMNS}, e.size from head left join found e on e.size < $5 order by e.position`,
      [scope.projectId, topicIds, after, limit, maxBytes],
    );
    const events = rows.filter((row) => row.position !== null);
    const isWhole = events.length < limit && Number(events.at(-1)?.size ?? 0) + lengthOf(events.at(-1)) < maxBytes;
    const last = events.at(-1)?.position ?? after;
    const [{ head, trimmed } = { head: 0, trimmed: 0 }] = rows;
    return {
      events,
      through: isWhole ? Math.max(last, Number(head)) : last,
      hasMore: !isWhole,
      trimmed: Number(trimmed),
    };
  }

  /** The last offset of these topics that retention has removed; 0 for none. */
  async trimmed(scope: Scope, topicIds: readonly number[]): Promise<number> {
    const sql = `select ${TRIMMED} as trimmed`;
    const { rows } = await this.database.query<Pick<HeadRow, 'trimmed'>>(scope, sql, [scope.projectId, topicIds]);
    return Number(rows[0]?.trimmed ?? 0);
  }

  /** The first stored offset after `after` of these topics; without one the next that there can be. */
  async firstAfter(scope: Scope, topicIds: readonly number[], after: number): Promise<number> {
    const { rows } = await this.database.query<{ position: number }>(
      scope,
      `select position from zerodb_events where project_id = $1 and topic_id = any($2::int[]) and position > $3
       order by position limit 1`,
      [scope.projectId, topicIds, after],
    );
    return Number(rows[0]?.position ?? after + 1);
  }

  private on(scope: Scope): Executor {
    return { query: (sql, params) => this.database.query(scope, sql, params) };
  }
}

const lengthOf = (event: StoredEvent | undefined): number => (event ? Buffer.byteLength(event.body) : 0);
