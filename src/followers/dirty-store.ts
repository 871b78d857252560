import { Database } from '../database/database.port';
import type { Lag } from '../registry/service';
import { KEEP_SENT_MS } from './dirty';

/** A record whose current state the follower does not have. */
export interface DirtyEntry {
  readonly collection_id: number;
  readonly project_id: number;
  readonly id: string;
  /** Advances with each change and each mark; an entry that still has this version after sending is done. */
  readonly version: number;
  readonly attempts: number;
  /** The copy's version says nothing about its content: remove it first. */
  readonly anew: boolean;
}

export interface Claim {
  readonly token: string;
  readonly entries: readonly DirtyEntry[];
}

interface Settled {
  readonly collection_id: number;
  readonly id: string;
}

/** How often a parked record is tried again. */
const PARKED = `interval '5 min'`;

const KEY = 'd.follower = $1 and d.collection_id = s.collection_id and d.id = s.id';
const ENTRIES = 'unnest($3::int[], $4::text[], $5::bigint[]) as s (collection_id, id, version)';

/**
 * Locks the entries of a claim without waiting: a writer that holds one is about to advance its version, and goes
 * first. Because it never waits, it cannot be part of a deadlock.
 */
const LOCKED = `locked as materialized (
  select d.ctid as place, s.version as sent from zerodb_dirty d join ${ENTRIES} on ${KEY}
  where d.lease_token = $2 order by d.collection_id, d.id for update of d skip locked)`;

/**
 * The entries of one follower. Every statement is one transaction; time is the database's. The table grows from empty
 * to thousands of rows within moments, so no plan may depend on its statistics: locked rows are found by their `ctid`,
 * never by a subquery that a join could run once per row.
 */
export class DirtyStore {
  constructor(
    private readonly database: Database,
    private readonly follower: string,
  ) {}

  /**
   * Claims the due entries for `leaseMs`. After a lease expires it is unknown whether the entry was sent, or still will
   * be.
   */
  async claim(limit: number, token: string, leaseMs: number, ghostMs: number): Promise<Claim> {
    const { rows } = await this.database.system.query<DirtyEntry>(
      `with due as materialized (
         select d.ctid from zerodb_dirty d
         where d.follower = $1 and d.sent_at is null and d.run_after <= clock_timestamp()
           and (d.lease_until is null or d.lease_until < clock_timestamp())
         order by d.run_after limit $2 for update skip locked)
       update zerodb_dirty d set lease_token = $3, lease_until = clock_timestamp() + $4::float8 * interval '1 ms',
         unsure_until = case when d.lease_until is null then d.unsure_until
           else clock_timestamp() + $5::float8 * interval '1 ms' end
       where d.ctid = any(array(select ctid from due))
       returning d.collection_id, d.project_id, d.id, d.version, d.attempts, d.anew`,
      [this.follower, limit, token, leaseMs, ghostMs],
    );
    return { token, entries: rows };
  }

  /**
   * Marks entries as applied. One whose version advanced is due again; one that an unanswered call may still undo is
   * sent again later, at growing intervals. Returns the settled entries.
   */
  async settle(token: string, entries: readonly DirtyEntry[], recheckMs: number): Promise<readonly Settled[]> {
    const sql = `with ${LOCKED}
      update zerodb_dirty d set lease_token = null, lease_until = null, attempts = 0, last_error = null,
        anew = d.anew and d.version <> l.sent,
        sent_at = case when d.version = l.sent and not (${UNSURE}) then clock_timestamp() end,
        recheck_at = case when d.version = l.sent and ${UNSURE} then clock_timestamp() end,
        run_after = case when d.version = l.sent and ${UNSURE} then least(d.unsure_until + interval '1 ms',
          clock_timestamp() + greatest($6::float8 * interval '1 ms',
            2 * (clock_timestamp() - coalesce(d.recheck_at, clock_timestamp())))) else clock_timestamp() end,
        unsure_until = case when ${UNSURE} then d.unsure_until end
      from locked l where d.ctid = l.place
      returning d.collection_id, d.id`;
    return await this.change<Settled>(sql, [...this.keys(token, entries), recheckMs]);
  }

  /**
   * Returns entries that were not applied, or whose outcome is unknown. They are due again after `delayMs`, or at once
   * if their version advanced.
   */
  async giveBack(
    token: string,
    entries: readonly DirtyEntry[],
    options: { readonly delayMs: number; readonly unsureMs?: number; readonly error?: string },
  ): Promise<readonly Settled[]> {
    const sql = `with ${LOCKED}
      update zerodb_dirty d set lease_token = null, lease_until = null,
        run_after = case when d.version = l.sent then clock_timestamp() + $6::float8 * interval '1 ms'
          else clock_timestamp() end,
        unsure_until = coalesce(clock_timestamp() + $7::float8 * interval '1 ms', d.unsure_until),
        last_error = coalesce($8, d.last_error)
      from locked l where d.ctid = l.place
      returning d.collection_id, d.id`;
    const { delayMs, unsureMs = null, error = null } = options;
    return await this.change<Settled>(sql, [...this.keys(token, entries), delayMs, unsureMs, error]);
  }

  /**
   * Records that the service refuses this record. After `maxAttempts` refusals it is parked: reported, and retried only
   * occasionally until it changes, because the service may have been at fault.
   */
  async refuse(
    token: string,
    entry: DirtyEntry,
    options: { readonly delayMs: number; readonly maxAttempts: number; readonly error: string },
  ): Promise<readonly Settled[]> {
    const sql = `with ${LOCKED}
      update zerodb_dirty d set lease_token = null, lease_until = null,
        attempts = case when d.version = l.sent then d.attempts + 1 else 0 end,
        parked = d.version = l.sent and d.attempts + 1 >= $7::int,
        run_after = case when d.version <> l.sent then clock_timestamp() when d.attempts + 1 >= $7::int
          then clock_timestamp() + ${PARKED} else clock_timestamp() + $6::float8 * interval '1 ms' end,
        last_error = $8
      from locked l where d.ctid = l.place
      returning d.collection_id, d.id`;
    const { delayMs, maxAttempts, error } = options;
    return await this.change<Settled>(sql, [...this.keys(token, [entry]), delayMs, maxAttempts, error]);
  }

  /** The entries of the claim `token`, as `collection/id`. */
  async heldBy(token: string): Promise<ReadonlySet<string>> {
    const { rows } = await this.database.system.query<Settled>(
      'select collection_id, id from zerodb_dirty where follower = $1 and lease_token = $2 and sent_at is null',
      [this.follower, token],
    );
    return new Set(rows.map(({ collection_id, id }) => `${collection_id}/${id}`));
  }

  /** Marks records to be sent, or removed, again; `anew`: whatever version the copy reports. */
  async mark(
    collection: { readonly collectionId: number; readonly projectId: number },
    ids: readonly string[],
    { anew = false, unsureMs = null }: { readonly anew?: boolean; readonly unsureMs?: number | null } = {},
  ): Promise<void> {
    if (ids.length === 0) return;
    await this.database.system.query(
      `insert into zerodb_dirty as d (follower, collection_id, project_id, id, version, anew, unsure_until)
       select $1, $2, $3, i.id, nextval('zerodb_version'), $5, clock_timestamp() + $6::float8 * interval '1 ms'
       from unnest($4::text[]) as i (id) join zerodb_collections c on c.id = $2 order by i.id collate "C"
       on conflict (follower, collection_id, id) do update set
         version = excluded.version, run_after = now(), attempts = 0, sent_at = null, recheck_at = null,
         parked = false, anew = d.anew or excluded.anew,
         unsure_until = greatest(d.unsure_until, excluded.unsure_until),
         dirty_at = case when d.sent_at is null and d.recheck_at is null then d.dirty_at else clock_timestamp() end`,
      [this.follower, collection.collectionId, collection.projectId, [...new Set(ids)], anew, unsureMs],
    );
  }

  /**
   * The state of `ids`: the token of each entry, and whether it was applied. Entries that are resent only for safety
   * count as applied. Ids without an entry have no change in progress.
   */
  async entriesOf(
    collectionId: number,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly token: number; readonly isApplied: boolean }>> {
    const { rows } = await this.database.system.query<{ id: string; version: number; applied: boolean }>(
      `select id, version, sent_at is not null or recheck_at is not null as applied from zerodb_dirty
       where follower = $1 and collection_id = $2 and id = any($3::text[])`,
      [this.follower, collectionId, ids],
    );
    return new Map(rows.map(({ id, version, applied }) => [id, { token: version, isApplied: applied }]));
  }

  /** Those of `ids` that were not sent yet. */
  async unsentAmong(collectionId: number, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.database.system.query<{ id: string }>(
      `select id from zerodb_dirty where follower = $1 and collection_id = $2 and id = any($3::text[])
         and sent_at is null and recheck_at is null`,
      [this.follower, collectionId, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Deletes sent entries that no running search can still need. Returns how many. */
  async sweep(limit: number): Promise<number> {
    const { rowCount } = await this.database.system.query(
      `with old as materialized (
         select ctid from zerodb_dirty
         where follower = $1 and sent_at is not null and sent_at < clock_timestamp() - ${KEEP_SENT_MS} * interval '1 ms'
         limit $2 for update skip locked)
       delete from zerodb_dirty where ctid = any(array(select ctid from old))`,
      [this.follower, limit],
    );
    return rowCount;
  }

  /**
   * By collection; the age ignores parked entries. An entry that was applied and is resent only for safety is not lag.
   */
  async lags(): Promise<ReadonlyMap<number, Lag & { readonly parked: number }>> {
    const { rows } = await this.database.system.query<{
      collection_id: number;
      records: number;
      seconds: number | null;
      parked: number;
    }>(
      `select collection_id, count(*) as records, count(*) filter (where parked) as parked,
         extract(epoch from clock_timestamp() - min(dirty_at) filter (where not parked))::float8 as seconds
       from zerodb_dirty where follower = $1 and sent_at is null and recheck_at is null group by collection_id`,
      [this.follower],
    );
    return new Map(
      rows.map(({ collection_id, records, seconds, parked }) => [
        collection_id,
        { records, seconds: Math.max(0, seconds ?? 0), parked },
      ]),
    );
  }

  private keys(token: string, entries: readonly DirtyEntry[]): unknown[] {
    const of = <K extends keyof DirtyEntry>(field: K) => entries.map((entry) => entry[field]);
    return [this.follower, token, of('collection_id'), of('id'), of('version')];
  }

  private async change<Row>(sql: string, params: readonly unknown[]): Promise<readonly Row[]> {
    return (await this.database.system.query<Row>(sql, params)).rows;
  }
}

const UNSURE = 'd.unsure_until is not null and d.unsure_until > clock_timestamp()';
