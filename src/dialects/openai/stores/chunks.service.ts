import { Injectable } from '@nestjs/common';
import { ZeroDbError } from '../../../common/errors';
import { newId } from '../../../common/ids';
import type { Scope } from '../../../common/scope';
import type { Executor } from '../../../database/database.port';
import { CollectionsService } from '../../../collections/collections.service';
import { PointsService } from '../../../collections/points/points.service';
import { RecordsService } from '../../../collections/records/records.service';
import { chunkId, chunkIds } from '../ids';
import { invalidValue } from '../errors';
import { storedAttributes } from './attributes';
import { AttachmentsRepository, type Leftover } from './attachments.repository';
import type { Attachment } from './vector-store';

/** Chunks that one statement names. */
const AT_ONCE = 500;
/** More than a file can have. */
const MOST_CHUNKS = 9_999_999;
const TEXT_ONLY = { metadata: false, text: true, vector: false };

/** The chunks of files: records of a collection that has the name of the store. */
@Injectable()
export class Chunks {
  constructor(
    private readonly collections: CollectionsService,
    private readonly records: RecordsService,
    private readonly points: PointsService,
    private readonly attachments: AttachmentsRepository,
  ) {}

  /** Makes the collection when it is missing. */
  async prepare(scope: Scope, store: string): Promise<{ readonly dimension: number }> {
    return (await this.collections.put(scope, store, {})).collection;
  }

  /** Throws OpenAI's error for attributes that the records of such a file cannot have. */
  mustFit(file: Pick<Attachment, 'file_id' | 'attributes'> & { readonly filename: string }): void {
    const bytes = Buffer.byteLength(JSON.stringify(metadataOf({ ...file, id: newId() }, MOST_CHUNKS)));
    const { maxMetadataBytes: most } = this.records.limits;
    if (bytes <= most) return;
    throw invalidValue(
      'attributes',
      `with the file's name they have ${bytes} bytes as JSON; at most ${most} are taken.`,
    );
  }

  /** Embeds and stores the chunks from number `from` on, with `also` in the same transaction. */
  async write(
    scope: Scope,
    attachment: Attachment & { readonly filename: string },
    from: number,
    texts: readonly string[],
    signal: AbortSignal,
    also: (tx: Executor) => Promise<void>,
  ): Promise<void> {
    const { id, store_id: store } = attachment;
    const records = texts.map((text, offset) => ({
      id: chunkId(id, from + offset),
      text,
      metadata: metadataOf(attachment, from + offset),
    }));
    await this.records.upsert(scope, store, records, signal, also);
  }

  /** In their order, from number `from` up to, and without, `to`. */
  async texts(scope: Scope, { id, store_id: store }: Attachment, from: number, to: number): Promise<string[]> {
    const ids = chunkIds(id, from, to);
    if (ids.length === 0) return [];
    const request = { ids, limit: ids.length, afterPath: 'query:after', include: TEXT_ONLY };
    const page = await unlessMissing(this.records.list(scope, store, request));
    const found = new Map(page?.data.map((row) => [row.id, row.text]));
    return ids.flatMap((each) => found.get(each) ?? []);
  }

  /** Takes away what is left of an attachment. May be repeated. */
  async remove(scope: Scope, leftover: Leftover): Promise<void> {
    for (let from = 0; from < leftover.chunks; from += AT_ONCE) {
      const ids = chunkIds(leftover.id, from, Math.min(leftover.chunks, from + AT_ONCE));
      await unlessMissing(this.records.deleteMany(scope, leftover.store_id, { ids }));
    }
    await this.attachments.emptied(scope, leftover);
  }

  /** The same for what is out of sight by now: when it fails, the upkeep does it. */
  async removeQuietly(scope: Scope, leftovers: readonly Leftover[]): Promise<void> {
    for (const leftover of leftovers) await this.remove(scope, leftover).catch(() => undefined);
  }

  /** Writes the attachment's attributes into its chunks. May be repeated. */
  async applyAttributes(scope: Scope, attachment: Attachment, signal?: AbortSignal): Promise<void> {
    const { id, store_id: store, chunks } = attachment;
    const attributes = storedAttributes(attachment.attributes);
    const change = (metadata: Record<string, unknown>): Record<string, unknown> => ({ ...metadata, attributes });
    try {
      for (let from = 0; from < chunks; from += AT_ONCE) {
        const ids = chunkIds(id, from, Math.min(chunks, from + AT_ONCE));
        await unlessMissing(this.points.edit(scope, store, { ids }, change, signal));
      }
    } catch (error) {
      // Later ones may have been there already.
      await this.attachments.attributesUnsure(scope, attachment).catch(() => undefined);
      throw error;
    }
    await this.attachments.attributesApplied(scope, attachment);
  }

  /** With the collection. */
  async drop(scope: Scope, store: string): Promise<void> {
    await unlessMissing(this.collections.delete(scope, store));
  }
}

const metadataOf = (
  {
    id,
    file_id,
    filename,
    attributes,
  }: Pick<Attachment, 'id' | 'file_id' | 'attributes'> & { readonly filename: string },
  chunk: number,
): Record<string, unknown> => ({
  file_id,
  filename,
  attachment: id,
  chunk,
  attributes: storedAttributes(attributes),
});

/** Somebody dropped the collection: then there is nothing. */
export const unlessMissing = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ZeroDbError && error.status === 404) return undefined;
    throw error;
  }
};
