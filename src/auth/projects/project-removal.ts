import { Injectable } from '@nestjs/common';
import { outsideRequest } from '../../common/request-work';
import { scheduleTableRemoval } from '../../database/dropped-collections';
import { Database, type Executor } from '../../database/database.port';

/** A deleted project, by the identity that nobody gets again. */
export interface DeletedProject {
  readonly uid: string;
  readonly projectId: number;
  readonly name: string;
  readonly deletedAt: Date;
  readonly completedAt: Date | null;
  /** What was removed from Postgres with it, in numbers. */
  readonly removed: Readonly<Record<string, number>>;
}

/** What is left in each service, in numbers. */
export interface Remains {
  readonly events: number;
  readonly objects: number;
  readonly copies: number;
  readonly broker: number;
  readonly brokerError: string | null;
}

interface ProjectRow {
  id: number;
  uid: string;
  name: string;
  broker_prefix: string | null;
}

/** As long as the request: rows of graphs, files and the log go in one transaction. */
const REMOVAL = { timeoutMs: 300_000 };

/** Events that are removed with the project; the housekeeping of the log takes the rest, a slice at a time. */
const EVENTS_AT_ONCE = 2_000;

const COUNT = `select
  (select count(*) from zerodb_collections where project_id = $1 and left(name, 1) <> '@')::int as collections,
  (select count(*) from zerodb_memory_records where project_id = $1 and deleted_at is null)::int as memories,
  (select count(*) from zerodb_buckets where project_id = $1)::int as buckets,
  (select count(*) from zerodb_files where project_id = $1)::int as files,
  (select count(*) from zerodb_graphs where project_id = $1)::int as graphs,
  (select count(*) from zerodb_topics where project_id = $1)::int as topics,
  (select count(*) from zerodb_subscriptions where project_id = $1)::int as subscriptions,
  (select count(*) from zerodb_consumers where project_id = $1 and kind = 'webhook')::int as webhooks,
  (select count(*) from zerodb_keys where project_id = $1)::int as keys`;

/**
 * What hangs on no foreign key. Objects, copies and names on the broker outlive the statement: their rows are the
 * tombstones that the sweeper of files, the followers and the janitor of the broker work off.
 */
const REMOVE = [
  `delete from zerodb_dirty where project_id = $1`,
  `delete from zerodb_blob_moves where project_id = $1`,
  `delete from zerodb_blobs where project_id = $1`,
  `update zerodb_blob_copies set state = 'doomed', run_after = now()
   where project_id = $1 and state in ('live', 'suspect')`,
  `delete from zerodb_events where (project_id, position, published_at) in (
     select project_id, position, published_at from zerodb_events where project_id = $1 limit ${EVENTS_AT_ONCE})`,
];

/**
 * Writers lock the counter of events before the topics. One that had to make the counter first would wait for the project,
 * with topics locked that the removal needs: so it is there before the project is locked.
 */
const MAKE_COUNTER = `insert into zerodb_event_offsets (project_id) select id from zerodb_projects where name = $1
  on conflict do nothing`;

/** All that is below a prefix which is the project's alone. */
const BURY_PREFIX = `insert into zerodb_broker_tombstones (kind, name, project_uid)
  select 'prefix', $1, $2 where exists (select from zerodb_broker_marks) on conflict do nothing`;

/** A prefix made of a name may be another installation's, too: only what this one made is removed. */
const BURY_NAMES = `insert into zerodb_broker_tombstones (kind, name, project_uid)
  select distinct n.kind, n.name, $3 from (
    select 'topic' as kind, coalesce(settings #>> '{broker,topic}', broker_name, $2 || name) as name
    from zerodb_topics where project_id = $1
    union select 'group', settings #>> '{source,group}' from zerodb_subscriptions where project_id = $1) as n
  where starts_with(n.name, $2) and exists (select from zerodb_broker_marks) on conflict do nothing`;

const COLUMNS = `uid, project_id as "projectId", name, deleted_at as "deletedAt", completed_at as "completedAt", removed`;

/** Takes projects away, and knows what is left of them elsewhere. */
@Injectable()
export class ProjectRemoval {
  constructor(private readonly database: Database) {}

  /** Everything in Postgres, all or nothing. `undefined` when there is none of this name. */
  async remove(name: string): Promise<DeletedProject | undefined> {
    // Not the act: when the rest fails, nothing was removed, and neither may the audit log nor the receipt of the request say so.
    await outsideRequest(() => this.database.system.query(MAKE_COUNTER, [name]));
    return this.database.system.transaction(async (tx) => {
      const { rows } = await tx.query<ProjectRow>(
        `select id, uid, name, broker_prefix from zerodb_projects where name = $1 for update`,
        [name],
      );
      const [project] = rows;
      if (!project) return undefined;
      const removed = (await tx.query<Record<string, number>>(COUNT, [project.id])).rows[0] ?? {};
      await lockContents(tx, project.id);
      await scheduleBrokerNameRemoval(tx, project);
      await scheduleCollectionRemoval(tx, project.id);
      for (const statement of REMOVE) await tx.query(statement, [project.id]);
      await tx.query(`delete from zerodb_projects where id = $1`, [project.id]);
      const deleted = await tx.query<DeletedProject>(
        `insert into zerodb_deleted_projects (uid, project_id, name, removed) values ($1, $2, $3, $4) returning ${COLUMNS}`,
        [project.uid, project.id, project.name, JSON.stringify(removed)],
      );
      return deleted.rows[0];
    }, REMOVAL);
  }

  async find(uid: string): Promise<DeletedProject | undefined> {
    const sql = `select ${COLUMNS} from zerodb_deleted_projects where uid = $1`;
    return (await this.database.system.query<DeletedProject>(sql, [uid])).rows[0];
  }

  /** What is left now. */
  async remains({ uid, projectId }: DeletedProject): Promise<Remains> {
    const { rows } = await this.database.system.query<Remains>(
      `select (select count(*) from zerodb_events where project_id = $1)::int as events,
         (select count(*) from zerodb_blob_copies where project_id = $1)::int as objects,
         (select count(*) from zerodb_copies where project_id = $1)::int as copies,
         (select count(*) from zerodb_broker_tombstones where project_uid = $2 and done_at is null)::int as broker,
         (select max(last_error) from zerodb_broker_tombstones where project_uid = $2 and done_at is null) as "brokerError"`,
      [projectId, uid],
    );
    return rows[0] as Remains;
  }

  /** Nothing is left. Returns since when that is known. */
  async complete(uid: string): Promise<Date> {
    const { rows } = await this.database.system.query<{ at: Date }>(
      `update zerodb_deleted_projects set completed_at = coalesce(completed_at, now()) where uid = $1
       returning completed_at as at`,
      [uid],
    );
    return rows[0]?.at ?? new Date();
  }
}

const scheduleBrokerNameRemoval = async (
  tx: Executor,
  { id, uid, name, broker_prefix: prefix }: ProjectRow,
): Promise<void> => {
  if (prefix === null) await tx.query(BURY_PREFIX, [`zerodb.${uid}.${name}.`, uid]);
  else await tx.query(BURY_NAMES, [id, prefix, uid]);
};

const scheduleCollectionRemoval = async (tx: Executor, projectId: number): Promise<void> => {
  const sql = `delete from zerodb_collections where project_id = $1 returning id`;
  const { rows } = await tx.query<{ id: number }>(sql, [projectId]);
  await scheduleTableRemoval(
    tx,
    rows.map(({ id }) => id),
  );
};

/** In the order in which writers lock these tables; a cascade from the project would lock them in another order. */
const LOCKS = [
  'select from zerodb_collections where project_id = $1 order by id for update',
  'select from zerodb_buckets where project_id = $1 order by id for update',
  'select from zerodb_vector_stores where project_id = $1 order by id for update',
  'select from zerodb_graphs where project_id = $1 order by id for update',
  // Where writers have it: after what they count, before the counter of events. Its quota is not for a namesake.
  'delete from zerodb_quotas where project_id = $1',
  'delete from zerodb_usage_figures where project_id = $1',
  'select from zerodb_event_offsets where project_id = $1 for update',
  'select from zerodb_topics where project_id = $1 order by id for update',
];

async function lockContents(tx: Executor, projectId: number): Promise<void> {
  for (const lock of LOCKS) await tx.query(lock, [projectId]);
}
