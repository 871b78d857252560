import { Injectable } from '@nestjs/common';
import { vectorNumbers } from '../common/binary-values';
import { Database } from '../database/database.port';
import type { Copy, FollowedRecord } from './follower-target.port';

/** A compact identity of a record's state: two records with the same fingerprint are equal. */
export interface Fingerprint {
  readonly id: string;
  readonly version: number;
  readonly digest: string;
}

export interface RecordsRead {
  readonly records: readonly FollowedRecord[];
  /** Existing records that did not fit into `maxBytes`: read them next. */
  readonly cut: readonly string[];
}

interface Row {
  id: string;
  version: number;
  vector: Buffer | null;
  text: string | null;
  metadata: Record<string, unknown>;
  created_at: string;
  updated_at: string;
  digest: string;
}

/** Hashes the content of `r` in Postgres. A change of this expression makes every copy differ from its record. */
const DIGEST = `md5(coalesce(vector_send(r.embedding), '') || convert_to(coalesce('=' || r.text, '-') || r.metadata::text, 'UTF8'))`;
/** RFC 3339 with microseconds, which a `Date` would truncate. */
const instant = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
const FINGERPRINT = `r.id, r.version, ${DIGEST} as digest`;
/** Approximate bytes of a vector's component as JSON. */
const BYTES_PER_COMPONENT = 11;

const tableOf = ({ collectionId }: Pick<Copy, 'collectionId'>): string => `zerodb_vectors_${collectionId}`;

/** Reads records for followers: of every project, a bounded amount at a time. */
@Injectable()
export class FollowedRecords {
  constructor(private readonly database: Database) {}

  /** The current states of `ids`; those neither in `records` nor in `cut` no longer exist. */
  async present(copy: Copy, ids: readonly string[], maxBytes: number): Promise<RecordsRead> {
    return await this.read(copy, 'r.id = any($1::text[])', [ids], maxBytes);
  }

  /** The next page of all records, by id. The scan is complete when both lists are empty. */
  async page(copy: Copy, after: string | null, limit: number, maxBytes: number): Promise<RecordsRead> {
    const where = `($1::text is null or r.id > $1) order by r.id limit ${Math.trunc(limit)}`;
    return await this.read(copy, where, [after], maxBytes);
  }

  async fingerprints(copy: Copy, after: string | null, limit: number): Promise<readonly Fingerprint[]> {
    const sql = `select ${FINGERPRINT} from ${tableOf(copy)} r
      where r.collection_id = ${copy.collectionId} and ($1::text is null or r.id > $1) order by r.id limit $2`;
    return await this.rows<Fingerprint>(sql, [after, limit]);
  }

  async fingerprintsOf(copy: Copy, ids: readonly string[]): Promise<ReadonlyMap<string, Fingerprint>> {
    const sql = `select ${FINGERPRINT} from ${tableOf(copy)} r
      where r.collection_id = ${copy.collectionId} and r.id = any($1::text[])`;
    return new Map((await this.rows<Fingerprint>(sql, [ids])).map((row) => [row.id, row]));
  }

  async count(copy: Pick<Copy, 'collectionId'>): Promise<number> {
    const rows = await this.rows<{ count: number }>(`select count(*) as count from ${tableOf(copy)}`, []);
    return Number(rows[0]?.count ?? 0);
  }

  /** Sizes are known without reading out-of-line values, so at most `maxBytes` are read. */
  private async read(copy: Copy, where: string, values: unknown[], maxBytes: number): Promise<RecordsRead> {
    const sql = `with sized as materialized (
        select r.id, sum(${copy.dimension * BYTES_PER_COMPONENT} + coalesce(octet_length(r.text), 0)
          + 2 * pg_column_size(r.metadata)) over (order by r.id) as bytes
        from (select * from ${tableOf(copy)} r where r.collection_id = ${copy.collectionId} and ${where}) r),
      fitting as (select id, bytes <= ${Math.trunc(maxBytes)} or row_number() over (order by id) = 1 as fits from sized)
      select r.id, r.version, vector_send(r.embedding) as vector, r.text, r.metadata, ${instant('r.created_at')} as created_at, ${instant('r.updated_at')} as updated_at, ${DIGEST} as digest
      from ${tableOf(copy)} r join fitting f on f.id = r.id and f.fits where r.collection_id = ${copy.collectionId}
      union all
      select f.id, 0, null, null, null, null, null, '' from fitting f where not f.fits order by 1`;
    const rows = await this.rows<Row>(sql, values);
    return {
      records: rows.filter(isRead).map(toRecord),
      cut: rows.filter((row) => !isRead(row)).map(({ id }) => id),
    };
  }

  /** A collection that was dropped has no records. */
  private async rows<T>(sql: string, values: readonly unknown[]): Promise<T[]> {
    try {
      return (await this.database.system.query<T>(sql, values)).rows;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === '42P01') return [];
      throw error;
    }
  }
}

/** A row that did not fit has no content. */
const isRead = (row: Row): boolean => row.digest !== '';

const toRecord = (row: Row): FollowedRecord => ({
  id: row.id,
  version: row.version,
  vector: row.vector === null ? [] : vectorNumbers(row.vector),
  text: row.text,
  metadata: row.metadata,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  digest: row.digest,
});
