import { Injectable } from '@nestjs/common';
import type { FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import { ChangeFeed } from '../../database/change-feed.port';
import { Database, type Executor } from '../../database/database.port';
import { SqlParams } from '../../database/filter/sql-params';
import { FollowerWakeup } from '../../followers/follower-wakeup';
import { recordsTable, type Collection } from '../collection';
import { tellOfRecords } from '../records/record-changes';
import { recordColumns, type RecordRow } from '../records/record-rows';
import { RecordsRepository, selectionSql, type Selection } from '../records/records.repository';
import type { Include } from '../vector-store.port';
import { MAX_POINT_ID_LENGTH } from './point-id';

export interface ScrollRequest {
  readonly filter?: FilterNode | undefined;
  /** The first id; the next one where no point has it. */
  readonly from?: string | undefined;
  readonly limit: number;
  readonly include: Include;
}

type Metadata = Record<string, unknown>;

interface Edited {
  readonly id: string;
  readonly metadata: Metadata;
  readonly text: string | null;
}

/** Points in Postgres: in the order of their ids, and with their metadata changed in place. */
@Injectable()
export class PointsRepository {
  constructor(
    private readonly database: Database,
    private readonly records: RecordsRepository,
    private readonly feed: ChangeFeed,
    private readonly wakeup: FollowerWakeup,
  ) {}

  /** At most `limit` points, integers by their numbers, then UUIDs. */
  async scroll(scope: Scope, collection: Collection, request: ScrollRequest): Promise<RecordRow[]> {
    const rows: RecordRow[] = [];
    let { from } = request;
    // Ids of one length are in order as the primary key has them.
    let length = from?.length ?? (await this.nextLength(scope, collection, 0, request));
    while (length !== undefined) {
      const limit = request.limit - rows.length;
      rows.push(...(await this.ofLength(scope, collection, length, { ...request, from, limit })));
      if (rows.length >= request.limit) return rows;
      length = await this.nextLength(scope, collection, length, request);
      from = undefined;
    }
    return rows;
  }

  /**
   * Changes the metadata of at most `limit` selected points after the id `after`, in one transaction. Returns the ids
   * that were selected, in order.
   */
  async edit(
    scope: Scope,
    collection: Collection,
    selection: Selection & { readonly after: string; readonly limit: number },
    change: (metadata: Metadata) => Metadata,
  ): Promise<string[]> {
    const ids = await this.database.transaction(scope, async (tx) => {
      const rows = await lockedRows(tx, collection, selection);
      const edited = rows.flatMap((row) => editedRow(row, change));
      if (edited.length > 0) await this.write(tx, { scope, collection }, edited);
      return rows.map(({ id }) => id);
    });
    this.wakeup.signal();
    return ids;
  }

  private async write(
    tx: Executor,
    of: { readonly scope: Scope; readonly collection: Collection },
    edited: readonly Edited[],
  ): Promise<void> {
    await this.records.setMetadataIn(tx, of.collection, edited);
    const { rows } = await tx.query<{ id: string; version: number }>(
      `select r.id, r.version from ${recordsTable(of.collection)} r
       where r.collection_id = ${of.collection.id} and r.id = any($1::text[])`,
      [edited.map(({ id }) => id)],
    );
    await tellOfRecords(this.feed, tx, of, 'zerodb.record.upserted', rows);
  }

  private async ofLength(
    scope: Scope,
    collection: Collection,
    length: number,
    { filter, from, limit, include }: ScrollRequest,
  ): Promise<RecordRow[]> {
    const params = new SqlParams();
    const start = from === undefined ? '' : `and r.id >= ${params.add(from)}`;
    const sql = `select ${recordColumns(include)}, r.embedded_from, r.created_at, r.updated_at
      from ${recordsTable(collection)} r
      where r.collection_id = ${collection.id} and length(r.id) = ${params.add(length)} ${start}
        and ${selectionSql({ filter, pointIds: true }, collection, params)}
      order by r.id limit ${params.add(limit)}`;
    return (await this.database.query<RecordRow>(scope, sql, params.values)).rows;
  }

  /** The next length of which there are ids. Looks at every point: at the first page, and at the end of each length. */
  private async nextLength(
    scope: Scope,
    collection: Collection,
    after: number,
    { filter }: Pick<ScrollRequest, 'filter'>,
  ): Promise<number | undefined> {
    if (after >= MAX_POINT_ID_LENGTH) return undefined;
    const params = new SqlParams();
    const sql = `select min(length(r.id)) as length from ${recordsTable(collection)} r
      where r.collection_id = ${collection.id} and length(r.id) > ${params.add(after)}
        and ${selectionSql({ filter, pointIds: true }, collection, params)}`;
    const { rows } = await this.database.query<{ length: number | null }>(scope, sql, params.values);
    return rows[0]?.length ?? undefined;
  }
}

/** In the order of their ids, as all writers lock them. */
async function lockedRows(
  tx: Executor,
  collection: Collection,
  selection: Selection & { readonly after: string; readonly limit: number },
): Promise<Edited[]> {
  const params = new SqlParams();
  const sql = `select r.id, r.metadata, r.text from ${recordsTable(collection)} r
    where r.collection_id = ${collection.id} and r.id > ${params.add(selection.after)}
      and ${selectionSql({ ...selection, pointIds: true }, collection, params)}
    order by r.id limit ${params.add(selection.limit)} for no key update`;
  return (await tx.query<Edited>(sql, params.values)).rows;
}

/** A change without effect keeps the version. */
function editedRow(row: Edited, change: (metadata: Metadata) => Metadata): Edited[] {
  const metadata = change(row.metadata);
  return JSON.stringify(metadata) === JSON.stringify(row.metadata) ? [] : [{ ...row, metadata }];
}
