import { Injectable } from '@nestjs/common';
import { newId } from '../../common/ids';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import type { EmbeddingModel } from '../../embeddings/embedding-provider.port';
import { postingsTable } from '../../keyword/postings';
import { cancelBuilds, moveSlowFilters } from '../advice/build-requests';
import { recordsTable, type Collection } from '../collection';
import { CollectionsRepository, type NewCollection } from '../collections.repository';
import { scheduleTableRemoval } from '../../database/dropped-collections';
import { standbyName, type Backlog, type Comparison, type Reembedding } from './reembedding';

const LEASE = `clock_timestamp() + interval '30 seconds'`;
const LOCK_TIMEOUT_MS = 500;

interface Row {
  id: string;
  project_id: number;
  name: string;
  active_id: number;
  standby_id: number;
  from_model: string;
  to_model: string;
  state: Reembedding['state'];
  switched: boolean;
  filled_to: string | null;
  filled: number;
  total: number;
  comparison: Comparison | null;
  last_error: string | null;
  switched_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

const toReembedding = (row: Row): Reembedding => ({
  id: row.id,
  projectId: row.project_id,
  name: row.name,
  activeId: row.active_id,
  standbyId: row.standby_id,
  fromModel: row.from_model,
  toModel: row.to_model,
  state: row.state,
  switched: row.switched,
  filledTo: row.filled_to,
  filled: Number(row.filled),
  total: Number(row.total),
  comparison: row.comparison,
  lastError: row.last_error,
  switchedAt: row.switched_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** Re-embeddings as rows. Whoever works on one holds its lease, and every write to the twin proves that it still does. */
@Injectable()
export class ReembeddingsRepository {
  constructor(
    private readonly database: Database,
    private readonly collections: CollectionsRepository,
  ) {}

  /** The twin, the watch over the collection, and the row, at once. `undefined` when there is one already. */
  async create(
    scope: Scope,
    collection: Collection,
    twin: Omit<NewCollection, 'name'>,
    model: EmbeddingModel,
  ): Promise<Reembedding | undefined> {
    const id = newId();
    return await this.database.system.transaction(async (tx) => {
      const taken = await tx.query('select from zerodb_reembeddings where active_id = $1', [collection.id]);
      // The twin gets its settings: they must be those of now.
      const isThere = await tx.query('select from zerodb_collections where id = $1 and version = $2 for update', [
        collection.id,
        collection.version,
      ]);
      if (taken.rowCount > 0 || isThere.rowCount === 0) return undefined;
      const standby = await this.collections.createIn(tx, scope, { ...twin, name: standbyName(id) });
      if (!standby) return undefined;
      // Waits for running writers, so that the scan sees what they write.
      for (const one of [collection, standby]) await tx.query('select zerodb_watch_for_reembedding($1)', [one.id]);
      await tx.query('select zerodb_serve_collection($1, false)', [standby.id]);
      const { rows } = await tx.query<Row>(
        `insert into zerodb_reembeddings (id, project_id, name, active_id, standby_id, from_model, to_model, state, total)
         values ($1, $2, $3, $4, $5, $6, $7, 'filling', (select count(*) from ${recordsTable(collection)})) returning *`,
        [id, scope.projectId, collection.name, collection.id, standby.id, collection.model?.name ?? '', model.name],
      );
      return rows[0] && toReembedding(rows[0]);
    });
  }

  /** The latest of that collection. */
  async find(scope: Scope, name: string): Promise<Reembedding | undefined> {
    const sql =
      'select * from zerodb_reembeddings where project_id = $1 and name = $2 order by created_at desc limit 1';
    const { rows } = await this.database.query<Row>(scope, sql, [scope.projectId, name]);
    return rows[0] && toReembedding(rows[0]);
  }

  async backlog(id: string): Promise<Backlog> {
    const { rows } = await this.database.system.query<Backlog>(
      `select count(*)::int as waiting, (count(*) filter (where last_error is not null))::int as refused,
         min(last_error) as reason from zerodb_reembedding_dirty where reembedding_id = $1`,
      [id],
    );
    return rows[0] ?? { waiting: 0, refused: 0, reason: null };
  }

  /** Takes the lease of one that is due, or of the one named. */
  async claim(token: string, id?: string): Promise<Reembedding | undefined> {
    const due = `r.state = 'filling' or exists (select from zerodb_reembedding_dirty d where d.reembedding_id = r.id
        and d.run_after <= now()) or not exists (select from zerodb_collections c where c.id = r.active_id)`;
    const { rows } = await this.database.system.query<Row>(
      `update zerodb_reembeddings set lease_token = $1, lease_until = ${LEASE} where id = (
         select r.id from zerodb_reembeddings r where (r.lease_until is null or r.lease_until < clock_timestamp())
           and ${id === undefined ? `r.run_after <= now() and (${due}) and $2::text is null` : 'r.id = $2'}
         order by r.updated_at limit 1 for update skip locked) returning *`,
      [token, id ?? null],
    );
    return rows[0] && toReembedding(rows[0]);
  }

  /** Whether the lease is still held; it is prolonged. The row stays locked until the transaction ends. */
  async renewLease(tx: Executor, id: string, token: string): Promise<boolean> {
    const { rowCount } = await tx.query(
      `update zerodb_reembeddings set lease_until = ${LEASE}, updated_at = now() where id = $1 and lease_token = $2`,
      [id, token],
    );
    return rowCount === 1;
  }

  /** Returns the lease. After a fault the next attempt waits, twice as long each time, up to half a minute. */
  async release(id: string, token: string, fault?: string): Promise<void> {
    await this.database.system.query(
      `update zerodb_reembeddings set lease_token = null, lease_until = null, last_error = $3,
         attempts = case when $3::text is null then 0 else attempts + 1 end,
         run_after = case when $3::text is null then now()
           else now() + least(30, 0.25 * power(2, least(attempts, 8))) * interval '1 second' end
       where id = $1 and lease_token = $2`,
      [id, token, fault ?? null],
    );
  }

  /** The next ids after `after`, of records and of texts that are kept before their record. */
  async scan(active: Collection, after: string | null, limit: number): Promise<string[]> {
    const { rows } = await this.database.system.query<{ id: string }>(
      `select id from (
         (select id from ${recordsTable(active)} where collection_id = ${active.id} and ($1::text is null or id > $1)
           order by id limit $2) union
         (select distinct id from ${postingsTable(active.id)} where collection_id = ${active.id} and term = 0
           and ($1::text is null or id > $1) order by id limit $2)) s order by id limit $2`,
      [after, limit],
    );
    return rows.map(({ id }) => id);
  }

  async filledTo(tx: Executor, id: string, to: string, count: number): Promise<void> {
    await tx.query(
      'update zerodb_reembeddings set filled_to = $2, filled = filled + $3, total = greatest(total, filled + $3) where id = $1',
      [id, to, count],
    );
  }

  async ready(id: string, token: string, comparison: Comparison): Promise<void> {
    await this.database.system.query(
      `update zerodb_reembeddings set state = 'ready', comparison = $3::jsonb, updated_at = now()
       where id = $1 and lease_token = $2`,
      [id, token, JSON.stringify(comparison)],
    );
  }

  /** The changes that are due, the oldest first. `all`: those too that wait for another attempt. */
  async due(id: string, limit: number, all = false): Promise<{ id: string; version: number }[]> {
    const { rows } = await this.database.system.query<{ id: string; version: number }>(
      `select id, version from zerodb_reembedding_dirty where reembedding_id = $1 and ($3 or run_after <= now())
       order by run_after, id limit $2`,
      [id, limit, all],
    );
    return rows;
  }

  /** They were carried over. One that changed meanwhile stays, and so does one that a writer holds right now. */
  async markDone(tx: Executor, id: string, done: readonly { id: string; version: number }[]): Promise<void> {
    await tx.query(
      `with done as materialized (
         select m.ctid from zerodb_reembedding_dirty m
         join unnest($2::text[], $3::bigint[]) as s (id, version) on m.id = s.id and m.version = s.version
         where m.reembedding_id = $1 order by m.id for update of m skip locked)
       delete from zerodb_reembedding_dirty where ctid = any (array(select ctid from done))`,
      [id, done.map((one) => one.id), done.map(({ version }) => version)],
    );
  }

  /** These can't be embedded: they wait for their next change, or the next attempt in five minutes. */
  async recordRefused({ id, projectId }: Reembedding, ids: readonly string[], reason: string): Promise<void> {
    await this.database.system.query(
      `insert into zerodb_reembedding_dirty as d (reembedding_id, project_id, id, run_after, attempts, last_error)
       select $1, $2, i, now() + interval '5 minutes', 1, $4 from unnest($3::text[]) i
       on conflict (reembedding_id, id) do update set run_after = excluded.run_after, attempts = d.attempts + 1,
         last_error = excluded.last_error`,
      [id, projectId, ids, reason],
    );
  }

  async retryLater(id: string, ms: number): Promise<void> {
    await this.database.system.query(
      `update zerodb_reembeddings set paused_until = clock_timestamp() + $2::float8 * interval '1 ms' where id = $1`,
      [id, ms],
    );
  }

  /**
   * Exchanges the two, if nothing is left to carry over: names, who may be read and written, who follows whom. `false`
   * when there is something left. Writers that are under way are waited for; later ones are refused and look again.
   */
  async exchange(reembedding: Reembedding, token: string): Promise<boolean> {
    const { id, activeId, standbyId, name } = reembedding;
    const tables = [activeId, standbyId].flatMap((one) => [recordsTable({ id: one }), postingsTable(one)]);
    return await this.database.system.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '${LOCK_TIMEOUT_MS}ms'`);
      // Collections, then the pair, then tables: the order of everybody who locks more than one of them.
      await tx.query('select from zerodb_collections where id = any ($1::int[]) order by id for update', [
        [activeId, standbyId],
      ]);
      if (!(await this.renewLease(tx, id, token))) return false;
      await tx.query(`lock table ${tables.join(', ')} in share row exclusive mode`);
      const left = await tx.query('select from zerodb_reembedding_dirty where reembedding_id = $1 limit 1', [id]);
      if (left.rowCount > 0) return false;
      const rename = `update zerodb_collections set name = $2, version = nextval('zerodb_version'), updated_at = now() where id = $1`;
      await tx.query(rename, [activeId, `${standbyName(id)}-`]);
      await tx.query(rename, [standbyId, name]);
      await tx.query(rename, [activeId, standbyName(id)]);
      await moveSlowFilters(tx, activeId, standbyId);
      // Its postings are copies of whatever the other one had when they were made.
      await tx.query(`update zerodb_collections set analyser = '' where id = $1`, [standbyId]);
      await tx.query('select zerodb_serve_collection($1, false), zerodb_serve_collection($2, true)', [
        activeId,
        standbyId,
      ]);
      await tx.query(
        `update zerodb_reembeddings set active_id = $2, standby_id = $3, switched = not switched, switched_at = now(),
           paused_until = null, updated_at = now() where id = $1`,
        [id, standbyId, activeId],
      );
      return true;
    });
  }

  /** Drops the one that does not serve, and forgets the pair. */
  async drop({ id }: Reembedding): Promise<boolean> {
    return await this.database.system.transaction(async (tx) => {
      const found = await tx.query<Row>('select * from zerodb_reembeddings where id = $1', [id]);
      const watched = found.rows[0]?.active_id;
      if (watched === undefined) return false;
      // Before the row: who writes a record holds its table, and then wants the row.
      await tx.query('select zerodb_unwatch_reembedding($1)', [watched]);
      const { rows } = await tx.query<Row>('delete from zerodb_reembeddings where id = $1 returning *', [id]);
      if (!rows[0]) return false;
      const { active_id: active, standby_id: standby } = rows[0];
      if (active !== watched) await tx.query('select zerodb_unwatch_reembedding($1)', [active]);
      await tx.query('select from zerodb_collections where id = $1 for update', [standby]);
      await cancelBuilds(tx, standby, 'The collection was dropped.');
      await tx.query('delete from zerodb_collections where id = $1', [standby]);
      await scheduleTableRemoval(tx, [standby]);
      return true;
    });
  }
}
