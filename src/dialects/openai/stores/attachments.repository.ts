import { Injectable } from '@nestjs/common';
import { newId } from '../../../common/ids';
import type { Scope } from '../../../common/scope';
import { Database, type Executor } from '../../../database/database.port';
import { NOT_EXPIRED } from '../files/openai-files.repository';
import { pageOfRows, pageSql, type ListPage, type PageRequest } from '../paging';
import type { Chunking } from './schemas';
import { usageReader, type CountRow } from './stores.repository';
import type { Attachment, AttachmentStatus, Attributes, Batch, FileCounts } from './vector-store';

export const ATTACHMENT_COLUMNS = `a.id, a.store_id, a.file_id, a.status, a.attributes, a.attributes_version, a.chunk_tokens,
  a.overlap_tokens, a.chunks, a.usage_bytes, a.last_error, a.created_at`;
export interface NewAttachment extends Chunking {
  readonly file_id: string;
  readonly attributes: Attributes;
}

/** What of an attachment's chunks a store may still have: of removed ones, too. */
export type Leftover = Pick<Attachment, 'id' | 'store_id' | 'chunks'>;

interface ListRequest extends PageRequest {
  readonly filter?: AttachmentStatus | undefined;
  readonly batch?: string | undefined;
}

/** Files in vector stores as rows, and their batches. */
@Injectable()
export class AttachmentsRepository {
  constructor(private readonly database: Database) {}

  /** Which of these files there are, and their names. Locked: none of them goes before the transaction ends. */
  async lockFiles(tx: Executor, scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { rows } = await tx.query<{ id: string; filename: string }>(
      `select o.id, o.filename from zerodb_openai_files o where o.project_id = $1 and o.id = any($2::text[]) and ${NOT_EXPIRED}
       order by o.id for key share`,
      [scope.projectId, ids],
    );
    return new Map(rows.map(({ id, filename }) => [id, filename]));
  }

  /** Those of the same files that were there are removed: returns them, for their chunks. */
  async attach(
    tx: Executor,
    scope: Scope,
    store: string,
    files: readonly NewAttachment[],
    batch: string | null = null,
  ): Promise<Leftover[]> {
    const ids = files.map(({ file_id }) => file_id);
    const replaced = await this.detachIn(tx, scope, store, ids);
    await tx.query(
      `insert into zerodb_vector_store_files
         (project_id, store_id, batch_id, id, file_id, attributes, chunk_tokens, overlap_tokens)
       select $1, $2, $3, i.id, i.file_id, i.attributes::jsonb, i.chunk_tokens, i.overlap_tokens
       from unnest($4::text[], $5::text[], $6::text[], $7::int[], $8::int[])
         as i (id, file_id, attributes, chunk_tokens, overlap_tokens)`,
      [
        ...[scope.projectId, store, batch],
        ...[files.map(() => newId()), ids],
        files.map(({ attributes }) => JSON.stringify(attributes)),
        ...[files.map((file) => file.chunk_tokens), files.map((file) => file.overlap_tokens)],
      ],
    );
    return replaced;
  }

  async detach(scope: Scope, store: string, file: string): Promise<Leftover | undefined> {
    return (await this.database.transaction(scope, (tx) => this.detachIn(tx, scope, store, [file])))[0];
  }

  private async detachIn(tx: Executor, scope: Scope, store: string, files: readonly string[]): Promise<Leftover[]> {
    const { rows } = await tx.query<Leftover>(
      `with due as (select id from zerodb_vector_store_files where project_id = $1 and store_id = $2
           and file_id = any($3::text[]) and removed_at is null order by id for update)
       update zerodb_vector_store_files a set removed_at = now() from due
       where a.project_id = $1 and a.id = due.id returning a.id, a.store_id, a.chunks`,
      [scope.projectId, store, files],
    );
    return rows;
  }

  /** `undefined` where the file is not in the store. */
  async filename(scope: Scope, store: string, file: string): Promise<string | undefined> {
    const { rows } = await this.database.query<{ filename: string }>(
      scope,
      `select o.filename from zerodb_vector_store_files a
         join zerodb_openai_files o on o.project_id = a.project_id and o.id = a.file_id
       where a.project_id = $1 and a.store_id = $2 and a.file_id = $3 and a.removed_at is null`,
      [scope.projectId, store, file],
    );
    return rows[0]?.filename;
  }

  async find(scope: Scope, store: string, file: string): Promise<Attachment | undefined> {
    const { rows } = await this.database.query<Attachment>(
      scope,
      `select ${ATTACHMENT_COLUMNS} from zerodb_vector_store_files a
       where a.project_id = $1 and a.store_id = $2 and a.file_id = $3 and a.removed_at is null`,
      [scope.projectId, store, file],
    );
    return rows[0];
  }

  /** `after` and `before` are ids of files: where they stand, or stood until lately. `undefined` for one that never did. */
  async list(
    scope: Scope,
    store: string,
    request: ListRequest,
  ): Promise<ListPage<Attachment> | { readonly unknown: string }> {
    const after = await this.placeOf(scope, store, request.after);
    const before = await this.placeOf(scope, store, request.before);
    if (after === null || before === null) return { unknown: after === null ? 'after' : 'before' };
    const at = { ...request, after, before };
    const page = pageSql('a.id', at, 5);
    const { rows } = await this.database.query<Attachment>(
      scope,
      `select ${ATTACHMENT_COLUMNS} from zerodb_vector_store_files a
       where a.project_id = $1 and a.store_id = $2 and a.removed_at is null and ($3::text is null or a.status = $3)
         and ($4::text is null or a.batch_id = $4) and ${page.where} ${page.order}`,
      [scope.projectId, store, request.filter ?? null, request.batch ?? null, ...page.params],
    );
    return pageOfRows(rows, at);
  }

  private async placeOf(scope: Scope, store: string, file: string | undefined): Promise<string | null | undefined> {
    if (file === undefined) return undefined;
    const sql = `select max(id) as id from zerodb_vector_store_files where project_id = $1 and store_id = $2 and file_id = $3`;
    return (
      (await this.database.query<{ id: string | null }>(scope, sql, [scope.projectId, store, file])).rows[0]?.id ?? null
    );
  }

  /** Its new attributes; the chunks follow. Returns what they are to be brought up to. */
  async setAttributes(
    scope: Scope,
    store: string,
    file: string,
    attributes: Attributes,
  ): Promise<Attachment | undefined> {
    const { rows } = await this.database.query<Attachment>(
      scope,
      `update zerodb_vector_store_files a set attributes = $4::jsonb, attributes_version = a.attributes_version + 1,
         stale_attributes = true
       where a.project_id = $1 and a.store_id = $2 and a.file_id = $3 and a.removed_at is null
       returning ${ATTACHMENT_COLUMNS}`,
      [scope.projectId, store, file, JSON.stringify(attributes)],
    );
    return rows[0];
  }

  /** The chunks have these attributes, which may have replaced later ones. */
  async attributesApplied(scope: Scope, { id, attributes_version: version }: Attachment): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_vector_store_files set stale_attributes = attributes_version <> $3
       where project_id = $1 and id = $2 and status = 'completed'`,
      [scope.projectId, id, version],
    );
  }

  /** Some chunks may have other attributes than the attachment. */
  async attributesUnsure(scope: Scope, { id }: Attachment): Promise<void> {
    await this.database.query(
      scope,
      'update zerodb_vector_store_files set stale_attributes = true where project_id = $1 and id = $2',
      [scope.projectId, id],
    );
  }

  /** Its chunks are gone from the collection. Nothing writes chunks of an attachment that is removed or has ended so. */
  async emptied(scope: Scope, { id }: Leftover): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_vector_store_files set chunks = 0
       where project_id = $1 and id = $2 and (removed_at is not null or status in ('failed', 'cancelled'))`,
      [scope.projectId, id],
    );
  }

  /** Those of them that may be shown, with the names of their files. */
  async shown(
    scope: Scope,
    store: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Attachment & { readonly filename: string }>> {
    const { rows } = await this.database.query<Attachment & { filename: string }>(
      scope,
      `select ${ATTACHMENT_COLUMNS}, o.filename from zerodb_vector_store_files a
         join zerodb_openai_files o on o.project_id = a.project_id and o.id = a.file_id
       where a.project_id = $1 and a.store_id = $2 and a.id = any($3::text[]) and a.removed_at is null
         and a.status = 'completed' and ${NOT_EXPIRED}`,
      [scope.projectId, store, ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  async insertBatch(tx: Executor, scope: Scope, store: string, id: string): Promise<void> {
    await tx.query(`insert into zerodb_vector_store_batches (project_id, store_id, id) values ($1, $2, $3)`, [
      scope.projectId,
      store,
      id,
    ]);
  }

  async findBatch(scope: Scope, store: string, id: string): Promise<Batch | undefined> {
    const sql = `select id, store_id, cancelled_at, created_at from zerodb_vector_store_batches
      where project_id = $1 and store_id = $2 and id = $3`;
    return (await this.database.query<Batch>(scope, sql, [scope.projectId, store, id])).rows[0];
  }

  async countsOf(scope: Scope, batch: string): Promise<FileCounts> {
    const { rows } = await this.database.query<CountRow>(
      scope,
      `select batch_id as of, status, count(*)::int as count, 0::int8 as bytes from zerodb_vector_store_files
       where project_id = $1 and batch_id = $2 and removed_at is null group by batch_id, status`,
      [scope.projectId, batch],
    );
    return usageReader(rows)(batch).counts;
  }

  /** Cancels what is in progress. A batch that has ended stays as it is. Returns what may have chunks. */
  async cancelBatch(scope: Scope, batch: string): Promise<Leftover[]> {
    return await this.database.transaction(scope, async (tx) => {
      const { rows } = await tx.query<Leftover>(
        `with due as (select id from zerodb_vector_store_files where project_id = $1 and batch_id = $2
             and status = 'in_progress' and removed_at is null order by id for update)
         update zerodb_vector_store_files a set status = 'cancelled', lease_token = null, lease_until = null from due
         where a.project_id = $1 and a.id = due.id returning a.id, a.store_id, a.chunks`,
        [scope.projectId, batch],
      );
      if (rows.length > 0)
        await tx.query(
          `update zerodb_vector_store_batches set cancelled_at = now() where project_id = $1 and id = $2`,
          [scope.projectId, batch],
        );
      return rows;
    });
  }
}
