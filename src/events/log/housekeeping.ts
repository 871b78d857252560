import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { eventsConfig, type EventsSettings } from '../../config';
import { NO_BACKUP_RUNS } from '../../database/backup-hold';
import { Database } from '../../database/database.port';

const BACKGROUND_PIECE = {
  name: 'events_housekeeping',
  description: 'Makes and drops weekly partitions of the event log, and removes events beyond their retention.',
  intervalMs: 60_000,
  role: 'worker',
} as const;
const FIRST_MS = 2_000;
/** Maximum rows per statement: it blocks the embedded engine meanwhile. */
const SLICE = 2_000;
const MAX_SLICES = 500;
const LOCK_TIMEOUT_MS = 100;
const WEEK_MS = 7 * 86_400_000;
/** Partitions created in advance. */
const PARTITIONS_AHEAD = 2;
/** How long ids of consumed messages are kept; a broker's retention is shorter by default. */
const INBOX_DAYS = 14;

interface Doomed {
  readonly topic_id: number;
  readonly project_id: number;
}

/**
 * Keeps the log bounded: weekly partitions, created ahead and dropped after expiry; events beyond their topic's
 * retention.
 */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly database: Database,
    @Inject(eventsConfig.KEY) private readonly settings: EventsSettings,
    background: BackgroundWork,
  ) {
    this.loop = background.withPauses(BACKGROUND_PIECE, () => this.run(), { firstMs: FIRST_MS, keepsAlive: false });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** One round. Public for tests. */
  async run(now: Date = new Date()): Promise<void> {
    await this.makePartitions(now);
    await this.dropPartitions(now);
    await this.expire();
    await this.database.system.query(`delete from zerodb_inbox where received_at < now() - $1 * interval '1 day'`, [
      INBOX_DAYS,
    ]);
  }

  private async makePartitions(now: Date): Promise<void> {
    for (let ahead = 0; ahead <= PARTITIONS_AHEAD; ahead += 1) {
      const from = weekOf(new Date(now.getTime() + ahead * WEEK_MS));
      const to = new Date(from.getTime() + WEEK_MS);
      const { rows } = await this.database.system.query(
        `select from pg_class where relname = $1
         union all select from zerodb_events_rest where published_at >= $2 and published_at < $3 limit 1`,
        [nameOf(from), from, to],
      );
      // Events already in the default partition stay there until their retention ends.
      if (rows.length > 0) continue;
      await this.shortly('select zerodb_create_event_partition($1, $2, $3)', [nameOf(from), from, to]);
    }
  }

  /** Drops a whole week when no event in it must be kept. */
  private async dropPartitions(now: Date): Promise<void> {
    const longest = await this.longestRetention();
    const { rows } = await this.database.system.query<{ name: string }>(
      `select relname as name from pg_class where relname ~ '^zerodb_events_w[0-9]{8}$' and ${NO_BACKUP_RUNS}
       order by relname`,
    );
    for (const { name } of rows) {
      const end = dateOf(name).getTime() + WEEK_MS;
      if (end + longest * 1000 > now.getTime() || (await this.isAwaited(name))) continue;
      await this.shortly(TRIM(`select topic_id, lane, position from ${name}`), [], `drop table if exists ${name}`);
    }
  }

  /** Publishers and readers would queue behind a wait for the log's lock: the next round tries again. */
  private async shortly(sql: string, params: readonly unknown[] = [], then?: string): Promise<void> {
    await this.database.system.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '${LOCK_TIMEOUT_MS}ms'`);
      await tx.query(sql, params);
      if (then !== undefined) await tx.query(then);
    });
  }

  private async longestRetention(): Promise<number> {
    const { rows } = await this.database.system.query<{ longest: number | null }>(
      `select max((settings ->> 'retention_seconds')::bigint) as longest from zerodb_topics`,
    );
    return Math.max(Number(rows[0]?.longest ?? 0), this.settings.retentionSeconds);
  }

  private async isAwaited(partition: string): Promise<boolean> {
    const { rows } = await this.database.system.query(`select from ${partition} e where ${NOT_SENT('e')} limit 1`);
    return rows.length > 0;
  }

  /** Topic by topic, a slice at a time. */
  private async expire(): Promise<void> {
    const { rows } = await this.database.system.query<Doomed>(
      `select distinct on (e.topic_id) e.topic_id, e.project_id from zerodb_events e
       left join zerodb_topics t on t.id = e.topic_id where ${EXPIRED} and not (${NOT_SENT('e')})`,
      [this.settings.retentionSeconds],
    );
    for (const { topic_id: topic } of rows) {
      for (let slice = 0; slice < MAX_SLICES && !this.loop.isStopping; slice += 1) {
        const { rowCount } = await this.database.system.query(
          `with gone as (delete from zerodb_events where (project_id, position, published_at) in (
               select e.project_id, e.position, e.published_at from zerodb_events e
               left join zerodb_topics t on t.id = e.topic_id
               where e.topic_id = $2 and ${EXPIRED} and not (${NOT_SENT('e')}) limit ${SLICE})
             returning topic_id, lane, position), trimmed as (${TRIM('select * from gone')})
           select from gone`,
          [this.settings.retentionSeconds, topic],
        );
        if (rowCount < SLICE) break;
      }
    }
  }
}

/** Keeps how far events are gone, for those who come back. */
const TRIM = (gone: string): string => `insert into zerodb_event_trims (topic_id, lane, project_id, position)
  select g.topic_id, g.lane, t.project_id, max(g.position) from (${gone}) g join zerodb_topics t on t.id = g.topic_id
  group by g.topic_id, g.lane, t.project_id
  on conflict (topic_id, lane) do update set position = greatest(zerodb_event_trims.position, excluded.position)`;

const EXPIRED = `(t.id is null or e.published_at < now() - coalesce((t.settings ->> 'retention_seconds')::bigint, $1) * interval '1 second')`;

/** Whether the broker's follower still has to send it: an outage does not lose events to their retention. */
const NOT_SENT = (event: string): string => `exists (
  select from zerodb_consumers c join zerodb_consumer_lanes l on l.consumer_id = c.id and l.lane = ${event}.lane
  join zerodb_topics followed on followed.id = ${event}.topic_id
  where c.kind = 'broker' and c.project_id = ${event}.project_id and l.position < ${event}.position
    and followed.settings #> '{broker,enabled}' = 'true')`;

const weekOf = (date: Date): Date => {
  const day = (date.getUTCDay() + 6) % 7;
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - day));
};

const nameOf = (week: Date): string => `zerodb_events_w${week.toISOString().slice(0, 10).replaceAll('-', '')}`;

const dateOf = (name: string): Date => {
  const digits = name.slice(-8);
  return new Date(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}T00:00:00Z`);
};
