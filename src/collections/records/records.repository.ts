import { Injectable } from '@nestjs/common';
import { indexedWords, type FilterNode } from '../../common/filter';
import { reachFailpoint } from '../../common/failpoint';
import { mapInSlices } from '../../common/in-slices';
import type { Scope } from '../../common/scope';
import { vectorValue } from '../../common/binary-values';
import { arrayLiteral } from '../../database/array-literal';
import { ChangeFeed } from '../../database/change-feed.port';
import { Database, type Executor } from '../../database/database.port';
import { compileFilter } from '../../database/filter/filter-sql';
import { releaseReferences } from '../../database/graph-references';
import { markDirty } from '../../followers/dirty';
import { FollowerWakeup } from '../../followers/follower-wakeup';
import { SqlParams } from '../../database/filter/sql-params';
import { recordsTable, type Collection } from '../collection';
import { compareCodePoints } from '../../common/code-points';
import { deletePostings, replacePostings } from '../../keyword/postings';
import { isPointIdSql } from '../points/point-id';
import type { Include } from '../vector-store.port';
import type { NamedVector } from '../named-vectors';
import { namedLiteral } from './named-rows';
import { tellOfRecords } from './record-changes';
import { recordColumns, type RecordRow } from './record-rows';
import { afterCursor, orderBy, sortColumns, sortKeysOf, sortValues, type SortedRow, type SortKey } from './sorting';
import type { CursorKeys } from '../../common/paging';

/** A record that is complete: every field is decided. */
export interface StorableRecord {
  readonly id: string;
  /** Null: it has none without a name. */
  readonly vector: ArrayLike<number> | null;
  readonly vectors: readonly NamedVector[];
  readonly embeddedFrom: 'vector' | 'text';
  readonly text: string | null;
  readonly metadata: Record<string, unknown>;
}

export interface Selection {
  readonly ids?: readonly string[] | undefined;
  readonly filter?: FilterNode | undefined;
  /** Only records whose ids are those of points; see `points/point-id.ts`. */
  readonly pointIds?: boolean;
}

export interface SliceRequest extends Selection {
  readonly limit: number;
  readonly offset: number;
  readonly include: Include;
}

const ALL: Include = { metadata: true, text: true, vector: true, vectors: true };

/** Records in Postgres: the record itself. */
@Injectable()
export class RecordsRepository {
  constructor(
    private readonly database: Database,
    private readonly feed: ChangeFeed,
    private readonly wakeup: FollowerWakeup,
  ) {}

  /** All or nothing, with `also` in the same transaction. Ids are distinct. Returns the versions in the order of `records`. */
  async upsert(
    scope: Scope,
    collection: Collection,
    records: readonly StorableRecord[],
    also?: (tx: Executor) => Promise<void>,
  ): Promise<number[]> {
    const stored = await this.database.transaction(scope, async (tx) => {
      const versions = await this.upsertIn(tx, collection, records);
      await also?.(tx);
      const written = records.map(({ id }, index) => ({ id, version: versions[index] }));
      await tellOfRecords(this.feed, tx, { scope, collection }, 'zerodb.record.upserted', written);
      reachFailpoint('write.before-commit');
      return versions;
    });
    reachFailpoint('write.after-commit');
    this.wakeup.signal();
    return stored;
  }

  /** Those of `records` whose ids are free; the others stay as they are. Returns the ids of those that were stored. */
  async insertMissing(scope: Scope, collection: Collection, records: readonly StorableRecord[]): Promise<string[]> {
    const sorted = [...records].sort((a, b) => compareCodePoints(a.id, b.id));
    const stored = await this.database.transaction(scope, async (tx) => {
      const versions = await writeRows(tx, collection, sorted, KEEP);
      await writePostings(
        tx,
        collection,
        sorted.filter(({ id }) => versions.has(id)),
        versions,
      );
      const written = [...versions].map(([id, { version }]) => ({ id, version }));
      await tellOfRecords(this.feed, tx, { scope, collection }, 'zerodb.record.upserted', written);
      return written.map(({ id }) => id);
    });
    this.wakeup.signal();
    return stored;
  }

  /** In the order of the ids, from the place `offset` on. */
  async slice(
    scope: Scope,
    collection: Collection,
    { limit, offset, include, ...selection }: SliceRequest,
  ): Promise<RecordRow[]> {
    const params = new SqlParams();
    const sql = `select ${recordColumns(include)}, r.embedded_from, r.created_at, r.updated_at
      from ${recordsTable(collection)} r
      where r.collection_id = ${collection.id} and ${selectionSql(selection, collection, params)}
      order by r.id limit ${params.add(limit)} offset ${params.add(offset)}`;
    return (await this.database.query<RecordRow>(scope, sql, params.values)).rows;
  }

  /** Bytes of the texts and the metadata of such a slice, as far as they are included. Reads none of them. */
  async sizes(
    scope: Scope,
    collection: Collection,
    { limit, offset, include, ...selection }: SliceRequest,
  ): Promise<{ id: string; bytes: number }[]> {
    const params = new SqlParams();
    const text = include.text ? `coalesce(octet_length(r.text), 0)` : '0';
    const metadata = include.metadata ? `octet_length(r.metadata::text)` : '0';
    const sql = `select r.id, ${text} + ${metadata} as bytes from ${recordsTable(collection)} r
      where r.collection_id = ${collection.id} and ${selectionSql(selection, collection, params)}
      order by r.id limit ${params.add(limit)} offset ${params.add(offset)}`;
    return (await this.database.query<{ id: string; bytes: number }>(scope, sql, params.values)).rows;
  }

  /** The same in the caller's transaction. */
  async upsertIn(tx: Executor, collection: Collection, records: readonly StorableRecord[]): Promise<number[]> {
    // One order for everybody: two batches with the same records must not wait for each other.
    const sorted = [...records].sort((a, b) => compareCodePoints(a.id, b.id));
    const versions = await writeRows(tx, collection, sorted);
    await writePostings(tx, collection, sorted, versions);
    return records.map((record) => versions.get(record.id)?.version ?? 0);
  }

  /** Replaces only the metadata of existing records; vector, text and postings stay unchanged. */
  async setMetadataIn(
    tx: Executor,
    collection: Collection,
    records: readonly Pick<StorableRecord, 'id' | 'metadata' | 'text'>[],
  ): Promise<void> {
    const sorted = [...records].sort((a, b) => compareCodePoints(a.id, b.id));
    await tx.query(
      `with written as (update ${recordsTable(collection)} r set metadata = i.metadata::jsonb, words = i.words::text[],
         version = nextval('zerodb_version'), updated_at = now()
       from unnest($1::text[], $2::text[], $3::text[]) as i (id, metadata, words)
       where r.collection_id = ${collection.id} and r.id = i.id returning r.id, r.version)
       ${markDirty(collection, 'written')}`,
      [
        sorted.map(({ id }) => id),
        sorted.map(({ metadata }) => JSON.stringify(metadata)),
        await mapInSlices(sorted, ({ metadata, text }) => arrayLiteral(indexedWords(metadata, text))),
      ],
    );
  }

  async find(scope: Scope, collection: Collection, id: string, include: Include = ALL): Promise<RecordRow | undefined> {
    return (await this.findMany(scope, collection, [id], include))[0];
  }

  async findMany(scope: Scope, collection: Collection, ids: readonly string[], include: Include): Promise<RecordRow[]> {
    const sql = `select ${recordColumns(include)}, r.embedded_from, r.created_at, r.updated_at
      from ${recordsTable(collection)} r where r.collection_id = ${collection.id} and r.id = any($1::text[])`;
    return (await this.database.query<RecordRow>(scope, sql, [ids])).rows;
  }

  /** In Postgres' binary form (see `readVector`): reading their text takes many times as long. */
  async vectors(
    scope: Scope,
    collection: Collection,
    ids: readonly string[],
  ): Promise<{ id: string; vector: Buffer }[]> {
    const sql = `select r.id, vector_send(r.embedding) as vector from ${recordsTable(collection)} r
      where r.collection_id = ${collection.id} and r.id = any($1::text[]) and r.embedding is not null`;
    return (await this.database.query<{ id: string; vector: Buffer }>(scope, sql, [ids])).rows;
  }

  /**
   * Reads under the row's lock, lets `change` decide, writes. Returns the record as it is then, read before the commit: after
   * it, a read that fails would say of a change that was made that nothing was. `undefined` when there is no such record.
   */
  async modify(
    scope: Scope,
    collection: Collection,
    id: string,
    change: (row: RecordRow) => StorableRecord | undefined,
  ): Promise<RecordRow | undefined> {
    const sql = `select ${recordColumns(ALL)}, r.embedded_from, r.created_at, r.updated_at
      from ${recordsTable(collection)} r where r.collection_id = ${collection.id} and r.id = $1`;
    const stored = await this.database.transaction(scope, async (tx) => {
      // Its id stays: whoever only needs the record to exist does not wait.
      const row = (await tx.query<RecordRow>(`${sql} for no key update`, [id])).rows[0];
      const changed = row && change(row);
      if (!changed) return row;
      const versions = await writeRows(tx, collection, [changed]);
      await writePostings(tx, collection, [changed], versions);
      const written = [{ id, version: versions.get(id)?.version }];
      await tellOfRecords(this.feed, tx, { scope, collection }, 'zerodb.record.upserted', written);
      return (await tx.query<RecordRow>(sql, [id])).rows[0];
    });
    this.wakeup.signal();
    return stored;
  }

  /** One page, `limit + 1` rows so that the caller sees whether there are more. */
  async page(
    scope: Scope,
    collection: Collection,
    request: Selection & {
      readonly sort: readonly SortKey[];
      readonly after?: CursorKeys | undefined;
      readonly limit: number;
      readonly include: Include;
    },
  ): Promise<{ row: RecordRow; keys: CursorKeys }[]> {
    const params = new SqlParams();
    const sql = `select s.* from (
        select ${recordColumns(request.include)}, r.embedded_from, r.created_at, r.updated_at${sortColumns(request.sort)}
        from ${recordsTable(collection)} r${sortValues(request.sort, params)}
        where r.collection_id = ${collection.id} and ${selectionSql(request, collection, params)}) s
      ${request.after ? `where ${afterCursor(request.sort, request.after, params)}` : ''}
      order by ${orderBy(request.sort)} limit ${params.add(request.limit + 1)}`;
    const { rows } = await this.database.query<SortedRow>(scope, sql, params.values);
    return rows.map((row) => ({ row, keys: sortKeysOf(row, request.sort) }));
  }

  async count(scope: Scope, collection: Collection, selection: Selection): Promise<number> {
    const params = new SqlParams();
    const sql = `select count(*) as count from ${recordsTable(collection)} r where ${selectionSql(selection, collection, params)}`;
    const { rows } = await this.database.query<{ count: number }>(scope, sql, params.values);
    return Number(rows[0]?.count ?? 0);
  }

  /** All that are selected, in one transaction. Returns how many there were. */
  async delete(
    scope: Scope,
    collection: Collection,
    selection: Selection & { readonly version?: number | undefined },
  ): Promise<number> {
    const deleted = await this.database.transaction(scope, async (tx) => {
      const gone = await this.remove(tx, collection, selection);
      await tellOfRecords(this.feed, tx, { scope, collection }, 'zerodb.record.deleted', gone);
      return gone.length;
    });
    this.wakeup.signal();
    return deleted;
  }

  /** The same in the caller's transaction. */
  async deleteIn(
    tx: Executor,
    collection: Collection,
    selection: Selection & { readonly version?: number | undefined },
  ): Promise<number> {
    return (await this.remove(tx, collection, selection)).length;
  }

  private async remove(
    tx: Executor,
    collection: Collection,
    selection: Selection & { readonly version?: number | undefined },
  ): Promise<{ id: string }[]> {
    const params = new SqlParams();
    const version = selection.version === undefined ? '' : ` and r.version = ${params.add(selection.version)}`;
    // Locked in the order of ids, as writers do.
    const sql = `with doomed as materialized (
        select r.id as key from ${recordsTable(collection)} r
        where r.collection_id = ${collection.id} and ${selectionSql(selection, collection, params)}${version} order by r.id for update),
      gone as (delete from ${recordsTable(collection)} r using doomed
      where r.collection_id = ${collection.id} and r.id = doomed.key
      returning r.id, nextval('zerodb_version') as version),
      marked as (${markDirty(collection, 'gone')})
      select id from gone`;
    const { rows } = await tx.query<{ id: string }>(sql, params.values);
    const ids = rows.map((row) => row.id);
    await deletePostings(tx, collection, ids);
    // Those of memories are copies, which no graph refers to.
    if (!collection.name.startsWith('@')) {
      await releaseReferences(tx, collection.projectId, { kind: 'record', place: collection.name, ids });
    }
    return rows;
  }
}

export function selectionSql(selection: Selection, collection: Collection, params: SqlParams): string {
  const parts: string[] = [];
  if (selection.ids) parts.push(`r.id = any(${params.add(selection.ids)}::text[])`);
  if (selection.pointIds) parts.push(isPointIdSql('r.id'));
  if (selection.filter)
    parts.push(compileFilter(selection.filter, params, { alias: 'r', indexes: collection.settings.indexes }));
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

/** Postgres takes 65,535 in one statement, and the vectors without a name are one each, too. */
const MOST_NAMED_PARAMETERS = 10_000;

/** One parameter each where there are few: as one array their text would be gone through again for its quotes. */
const namedColumnOf = (literals: readonly (string | null)[], params: SqlParams): string => {
  const count = literals.filter((literal) => literal !== null).length;
  if (count === 0 || count > MOST_NAMED_PARAMETERS) return params.add(literals, 'text[]');
  const each = literals.map((literal) => (literal === null ? 'null' : params.add(literal)));
  return `array[${each.join(',')}]::text[]`;
};

type Written = Map<string, { version: number; inserted: boolean }>;

const REPLACE = `do update set
       embedding = excluded.embedding, vectors = excluded.vectors, embedded_from = excluded.embedded_from, text = excluded.text,
       metadata = excluded.metadata, words = excluded.words, indexed = false, index_build = 0,
       version = nextval('zerodb_version'), updated_at = now()`;
const KEEP = 'do nothing';

async function writeRows(
  tx: Executor,
  collection: Collection,
  records: readonly StorableRecord[],
  onConflict: typeof REPLACE | typeof KEEP = REPLACE,
): Promise<Written> {
  const params = new SqlParams();
  const textArray = (values: readonly (string | null)[]): string => params.add(values, 'text[]');
  const ids = textArray(records.map((record) => record.id));
  const embeddedFrom = textArray(records.map((record) => record.embeddedFrom));
  const texts = textArray(records.map((record) => record.text));
  const metadata = textArray(records.map((record) => JSON.stringify(record.metadata)));
  const words = textArray(
    await mapInSlices(records, ({ metadata: own, text }) => arrayLiteral(indexedWords(own, text))),
  );
  // One parameter each, in binary: printing and reading their text was the larger part of an insert.
  const vectors = records.map(({ vector }) => params.add(vector === null ? null : vectorValue(vector)));
  const literals = await mapInSlices(records, (record) => namedLiteral(record.vectors));
  const named = namedColumnOf(literals, params);
  const { rows } = await tx.query<{ id: string; version: number; inserted: boolean }>(
    `with written as (insert into ${recordsTable(collection)} as r
       (collection_id, project_id, id, embedding, vectors, embedded_from, text, metadata, words)
     select ${collection.id}, ${collection.projectId}, i.id, i.embedding, i.vectors::zerodb_named_vector[], i.embedded_from,
       i.text, i.metadata::jsonb, i.words::text[]
     from unnest(${ids}, array[${vectors.join(',')}]::vector[], ${named}, ${embeddedFrom}, ${texts}, ${metadata}, ${words})
       as i (id, embedding, vectors, embedded_from, text, metadata, words)
     on conflict (collection_id, id) ${onConflict}
     returning id, version, (xmax = 0) as inserted),
     marked as (${markDirty(collection, 'written')})
     select id, version, inserted from written`,
    params.values,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** A new record without a text has no postings, neither to remove nor to add. */
async function writePostings(
  tx: Executor,
  collection: Collection,
  records: readonly StorableRecord[],
  written: Written,
): Promise<void> {
  const affected = records.filter(({ id, text }) => text !== null || written.get(id)?.inserted === false);
  if (affected.length > 0) await replacePostings(tx, collection, affected);
}
