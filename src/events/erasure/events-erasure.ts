import { Injectable, type OnModuleInit } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { isObject } from '../../common/filter/values';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { ErasureParticipants, type ErasureParticipant, type ErasureStep } from '../../erasure/erasure-participant';

const PAGE = 500;

interface Row {
  readonly position: number;
  readonly key: string | null;
  readonly body: string;
  readonly sent: boolean;
}

/** The first condition avoids reading most bodies; the second one decides by their content. */
const MAY_BE_ABOUT = '(e.key = $2 or strpos(e.body, $3) > 0)';

/** Whether the broker's follower has sent it. */
const SENT = `exists (select from zerodb_consumers c join zerodb_consumer_lanes l on l.consumer_id = c.id and l.lane = e.lane
  join zerodb_topics t on t.id = e.topic_id where c.kind = 'broker' and c.project_id = e.project_id
    and t.settings #> '{broker,enabled}' = 'true' and l.position >= e.position)`;

/**
 * Rewrites events about a person in the log, so that later deliveries to webhooks, groups and the broker contain
 * nothing about them. Events already in the broker's log cannot be changed: the step is pending until the topic's
 * retention has passed, and reports their number.
 */
@Injectable()
export class EventsErasure implements ErasureParticipant, OnModuleInit {
  readonly name = 'events';

  constructor(
    private readonly database: Database,
    private readonly participants: ErasureParticipants,
  ) {}

  onModuleInit(): void {
    this.participants.register(this);
  }

  async erase(scope: Scope, userId: string, signal: AbortSignal): Promise<ErasureStep> {
    const mark = createHash('sha256').update(`${scope.projectId} ${userId}`).digest('hex').slice(0, 32);
    const events = await this.rewrite(scope, userId, mark, signal);
    const letters = await this.removeLetters(scope, userId);
    const { rows } = await this.database.query<{ kept: number }>(
      scope,
      `select count(*)::int as kept from zerodb_events e where e.project_id = $1 and strpos(e.body, $2) > 0`,
      [scope.projectId, sentMark(mark)],
    );
    const kept = rows[0]?.kept ?? 0;
    const removed = { events, dead_letters: letters };
    if (kept === 0) return { state: 'erased', removed, detail: {} };
    return { state: 'pending', removed, detail: { broker_keeps: kept, waits_for: 'the retention of the topics' } };
  }

  private async rewrite(scope: Scope, userId: string, mark: string, signal: AbortSignal): Promise<number> {
    let rewritten = 0;
    for (let after = -1; ;) {
      signal.throwIfAborted();
      const { rows } = await this.database.query<Row>(
        scope,
        `select e.position, e.key, e.body, ${SENT} as sent from zerodb_events e
         where e.project_id = $1 and ${MAY_BE_ABOUT} and e.position > $4 order by e.position limit ${PAGE}`,
        [scope.projectId, userId, JSON.stringify(userId), after],
      );
      const about = rows.filter((row) => row.key === userId || isAbout(row.body, userId));
      await this.database.query(
        scope,
        `update zerodb_events e set body = i.body, key = case when e.key = $2 then null else e.key end,
           source = case when e.source = $2 then '' else e.source end
         from unnest($3::bigint[], $4::text[]) as i (position, body)
         where e.project_id = $1 and e.position = i.position`,
        [
          scope.projectId,
          userId,
          about.map(({ position }) => position),
          about.map(({ body, sent }) => emptied(body, userId, sent ? sentMark(mark) : mark)),
        ],
      );
      rewritten += about.length;
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) return rewritten;
      after = last.position;
    }
  }

  /** A dead letter is not retried without its content. */
  private async removeLetters(scope: Scope, userId: string): Promise<number> {
    const { rows } = await this.database.query<{ id: number; key: string | null; body: string }>(
      scope,
      `select e.id, e.key, e.body from zerodb_dead_letters e where e.project_id = $1 and ${MAY_BE_ABOUT}`,
      [scope.projectId, userId, JSON.stringify(userId)],
    );
    const about = rows.filter(({ key, body }) => key === userId || isAbout(body, userId)).map(({ id }) => id);
    const sql = 'delete from zerodb_dead_letters where project_id = $1 and id = any($2::bigint[])';
    return (await this.database.query(scope, sql, [scope.projectId, about])).rowCount;
  }
}

const sentMark = (mark: string): string => `sent-${mark}`;

/** The person is the subject, or named by the data as `user_id`. */
function isAbout(body: string, userId: string): boolean {
  const { subject, data } = JSON.parse(body) as { subject?: unknown; data?: unknown };
  return subject === userId || (isObject(data) && data.user_id === userId);
}

const CONTENT = new Set(['subject', 'data', 'data_base64', 'dataschema']);

/** Keeps the existence, type and time of an event. Offsets, order and repeats stay unchanged. */
function emptied(body: string, userId: string, mark: string): string {
  const attributes = Object.entries(JSON.parse(body) as Record<string, unknown>);
  // Extensions may name the person as well: the partition key does.
  const kept = attributes.filter(([name, value]) => !CONTENT.has(name) && value !== userId);
  return JSON.stringify({ ...Object.fromEntries(kept), zerodberased: mark });
}
