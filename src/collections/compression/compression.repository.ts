import { Injectable } from '@nestjs/common';
import { ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { isOutsideBuild, vectorIndexName } from '../adapters/pgvector/vector-sql';
import { recordsTable, type Collection } from '../collection';
import type { CompressionState, CopyCodes, IndexBuild } from './compression-state';
import type { Measurement } from './measurement';

const LEASE = `clock_timestamp() + interval '30 seconds'`;
/** So long a statement over all records may take: it is asked in the background. */
const PATIENCE_MS = 600_000;
/** A table with fewer bytes holds fewer records than are ever indexed. */
const LEAST_BYTES = 100_000;
/** With so many times the records, the recall is measured again. */
export const GROWTH = 1.5;
/** The centre is found from so many: a mean of more would not move a sign. */
const CENTRE_RECORDS = 10_000;
/** A centre is stored as 16-bit floats. */
const MOST_CENTRE = 65_504;
/**
 * Longer vectors are told apart by their signs alone. Before Postgres 18 an index' expression has to fit into a page, and a
 * collection must be restorable on any version.
 */
export const MOST_CENTRED_DIMENSION = 1_600;

export interface SizedRow {
  readonly records: number;
  readonly table: number;
  readonly index: number;
  readonly other_indexes: number;
}

export interface ReadVector {
  readonly id: string;
  readonly version: number;
  readonly vector: Buffer;
}

/** What compressing reads and writes beside the records. */
@Injectable()
export class CompressionRepository {
  constructor(private readonly database: Database) {}

  /** Collections that a change, a measurement or leftovers wait for, and those with another number of records than measured. */
  async candidates(): Promise<number[]> {
    const { rows } = await this.database.system.query<{ id: number }>(
      `select c.id from zerodb_collections c left join zerodb_compressions m on m.collection_id = c.id
         left join pg_class t on t.oid = to_regclass('zerodb_vectors_' || c.id)
       where (c.settings ->> 'operation' is not null or (c.settings ->> 'leftovers')::boolean
           or m.measure_operation is not null
           or c.settings -> 'compression' ->> 'scheme' in ('binary', 'auto')
             and c.settings #>> '{vector_index,type}' <> 'flat' and pg_relation_size(t.oid) >= ${LEAST_BYTES}
             and (m.measurement is null
               or c.settings #> '{index,madeFor}' is null and c.settings ->> 'refusal' is null
               or t.reltuples > ${GROWTH} * (m.measurement ->> 'records')::float8
               or t.reltuples between 1 and (m.measurement ->> 'records')::float8 / ${2 * GROWTH}))
         and coalesce(m.run_after <= now(), true) and coalesce(m.lease_until < clock_timestamp(), true)
       order by c.id`,
    );
    return rows.map(({ id }) => Number(id));
  }

  async acquireLease({ id, projectId }: Collection, token: string): Promise<boolean> {
    const { rowCount } = await this.database.system.query(
      `insert into zerodb_compressions as m (collection_id, project_id, lease_token, lease_until)
       select c.id, $2, $3, ${LEASE} from zerodb_collections c where c.id = $1
       on conflict (collection_id) do update set lease_token = excluded.lease_token, lease_until = excluded.lease_until
       where m.lease_until is null or m.lease_until < clock_timestamp()`,
      [id, projectId, token],
    );
    return rowCount === 1;
  }

  /** `false`: another replica took over, or the collection is gone. */
  async renewLease({ id }: Collection, token: string): Promise<boolean> {
    const { rowCount } = await this.database.system.query(
      `update zerodb_compressions set lease_until = ${LEASE} where collection_id = $1 and lease_token = $2`,
      [id, token],
    );
    return rowCount === 1;
  }

  /** After a fault the next attempt waits, twice as long each time, up to a minute. */
  async release({ id }: Collection, token: string, fault?: string): Promise<void> {
    await this.database.system.query(
      `update zerodb_compressions set lease_token = null, lease_until = null, last_error = $3,
         attempts = case when $3::text is null then 0 else attempts + 1 end,
         run_after = case when $3::text is null then now()
           else now() + least(60, 0.5 * power(2, least(attempts, 8))) * interval '1 second' end
       where collection_id = $1 and lease_token = $2`,
      [id, token, fault ?? null],
    );
  }

  /** Changes the state if the change that it belongs to is still the one that is wanted. */
  async setState({ id }: Collection, operation: string | null, state: CompressionState): Promise<boolean> {
    const { rowCount } = await this.database.system.query(
      `update zerodb_collections set settings = settings || $3::jsonb
       where id = $1 and settings ->> 'operation' is not distinct from $2::text`,
      [id, operation, JSON.stringify(state)],
    );
    return rowCount === 1;
  }

  async save({ id }: Collection, measurement: Measurement): Promise<void> {
    await this.database.system.query(
      'update zerodb_compressions set measurement = $2::jsonb, measured_at = now() where collection_id = $1',
      [id, JSON.stringify(measurement)],
    );
  }

  async measured(id: number): Promise<{ measurement: Measurement; at: Date } | undefined> {
    const { rows } = await this.database.system.query<{ measurement: Measurement | null; measured_at: Date }>(
      'select measurement, measured_at from zerodb_compressions where collection_id = $1',
      [id],
    );
    const [row] = rows;
    return row?.measurement ? { measurement: row.measurement, at: row.measured_at } : undefined;
  }

  /** What the copy that serves in Qdrant was made with; `undefined`: there is none. */
  async copyCodes(id: number): Promise<CopyCodes | undefined> {
    const { rows } = await this.database.system.query<{ compression: CopyCodes }>(
      `select coalesce(holds, compression) as compression from zerodb_copies where collection_id = $1 and follower = 'qdrant' and state = 'serving'`,
      [id],
    );
    return rows[0]?.compression;
  }

  async lastError(id: number): Promise<string | null> {
    const { rows } = await this.database.system.query<{ last_error: string | null }>(
      'select last_error from zerodb_compressions where collection_id = $1',
      [id],
    );
    return rows[0]?.last_error ?? null;
  }

  /** Leaves a measurement to the worker. Another one that waits keeps its operation. */
  async requestMeasurement({ id, projectId }: Collection, operation: string): Promise<string> {
    const { rows } = await this.database.system.query<{ measure_operation: string }>(
      `insert into zerodb_compressions as m (collection_id, project_id, measure_operation) values ($1, $2, $3)
       on conflict (collection_id) do update set measure_operation = coalesce(m.measure_operation, excluded.measure_operation)
       returning measure_operation`,
      [id, projectId, operation],
    );
    return rows[0]?.measure_operation ?? operation;
  }

  async requestedMeasurement({ id }: Collection): Promise<string | undefined> {
    const { rows } = await this.database.system.query<{ measure_operation: string | null }>(
      'select measure_operation from zerodb_compressions where collection_id = $1',
      [id],
    );
    return rows[0]?.measure_operation ?? undefined;
  }

  async measurementEnded({ id }: Collection): Promise<void> {
    await this.database.system.query(
      'update zerodb_compressions set measure_operation = null where collection_id = $1',
      [id],
    );
  }

  /** Exact up to `most`. */
  async countUpTo(collection: Collection, most: number): Promise<number> {
    const { rows } = await this.database.system.query<{ count: number }>(
      `select count(*)::int as count from (select from ${recordsTable(collection)} limit $1) s`,
      [most],
    );
    return rows[0]?.count ?? 0;
  }

  async count(collection: Collection): Promise<number> {
    const rows = await this.slowly<{ count: number }>(`select count(*) as count from ${recordsTable(collection)}`);
    return Number(rows[0]?.count ?? 0);
  }

  /** What a build does not hold; exact up to `most`. */
  async countOutside(collection: Collection, index: IndexBuild, most: number): Promise<number> {
    const { rows } = await this.database.system.query<{ count: number }>(
      `select count(*)::int as count from
         (select from ${recordsTable(collection)} where ${isOutsideBuild(index)} limit $1) s`,
      [most],
    );
    return rows[0]?.count ?? 0;
  }

  /** So that `roughCount` is near the truth; a vacuum that holds the table does the same. */
  async analyze(collection: Collection): Promise<void> {
    await this.database.system.query(`analyze ${recordsTable(collection)}`).catch((error: unknown) => {
      if (!(error instanceof ZeroDbError)) throw error;
    });
  }

  /** As Postgres counted last, when it vacuumed or analysed the table: costs nothing. 0: not yet. */
  async roughCount(collection: Collection): Promise<number> {
    const { rows } = await this.database.system.query<{ count: number }>(
      'select greatest(0, reltuples)::float8 as count from pg_class where oid = to_regclass($1)',
      [recordsTable(collection)],
    );
    return rows[0]?.count ?? 0;
  }

  /**
   * The mean of the vectors, or of their directions where only these count; to three digits, which moves hardly a sign. Empty
   * where there is none that an index can hold.
   */
  async centre(collection: Collection, records: number): Promise<number[]> {
    if (collection.dimension > MOST_CENTRED_DIMENSION) return [];
    const vector = collection.metric === 'cosine' ? 'l2_normalize(embedding)' : 'embedding';
    const percent = Math.min(100, (120 * CENTRE_RECORDS) / Math.max(1, records));
    const rows = await this.slowly<{ mean: string | null }>(
      `select avg(${vector})::text as mean from (
         select embedding from ${recordsTable(collection)} tablesample system ($1::float4) repeatable (1)
         where embedding is not null limit $2) s`,
      [percent, CENTRE_RECORDS],
    );
    const mean = JSON.parse(rows[0]?.mean ?? '[]') as number[];
    const isUsable = mean.length === collection.dimension && mean.every((value) => Math.abs(value) < MOST_CENTRE);
    return isUsable ? mean.map((value) => Number(value.toPrecision(3))) : [];
  }

  /** About `size` records from all over the table; the same ones as long as nothing changes. */
  async sample(collection: Collection, records: number, size: number): Promise<ReadVector[]> {
    const percent = Math.min(100, (1_000 * size) / Math.max(1, records));
    return await this.slowly<ReadVector>(
      `select id, version, vector_send(embedding) as vector from ${recordsTable(collection)}
         tablesample system ($1::float4) repeatable (2) where embedding is not null order by hashtextextended(id, 2), id limit $2`,
      [percent, size],
    );
  }

  /** In the order of ids, `perMille` of them by their hash. */
  async page(
    collection: Collection,
    after: string | undefined,
    limit: number,
    perMille: number,
  ): Promise<ReadVector[]> {
    return await this.slowly<ReadVector>(
      `select id, version, vector_send(embedding) as vector from ${recordsTable(collection)}
       where collection_id = ${collection.id} and embedding is not null and ($1::text is null or id > $1)
         and abs(hashtextextended(id, 3) % 1000) < $3 order by id limit $2`,
      [after ?? null, limit, perMille],
    );
  }

  async byIds(collection: Collection, ids: readonly string[]): Promise<ReadVector[]> {
    const { rows } = await this.database.system.query<ReadVector>(
      `select id, version, vector_send(embedding) as vector from ${recordsTable(collection)}
       where collection_id = ${collection.id} and embedding is not null and id = any($1::text[])`,
      [ids],
    );
    return rows;
  }

  /** `scope`: who asks; without it, the system. */
  async sizes(collection: Collection, build: number, scope?: Scope): Promise<SizedRow> {
    const table = recordsTable(collection);
    const index = vectorIndexName(collection, build);
    const sql = `select (select count(*) from ${table}) as records, pg_table_size('${table}') as table,
         coalesce(pg_relation_size(to_regclass('${index}')), 0) as index,
         pg_indexes_size('${table}') - coalesce(pg_relation_size(to_regclass('${index}')), 0) as other_indexes`;
    const rows = scope ? (await this.database.query<SizedRow>(scope, sql)).rows : await this.slowly<SizedRow>(sql);
    const { records = 0, table: bytes = 0, index: own = 0, other_indexes: others = 0 } = rows[0] ?? {};
    return { records: Number(records), table: Number(bytes), index: Number(own), other_indexes: Number(others) };
  }

  /** The limits of statements are those of requests; those of a transaction are its own. */
  private async slowly<Row>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const options = { timeoutMs: PATIENCE_MS };
    return (await this.database.system.transaction((tx) => tx.query<Row>(sql, params), options)).rows;
  }
}
