import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../common/scope';
import { Database, type Executor } from '../../../database/database.port';
import { noAttachment, noBatch, noFile, noStore, storeExpired } from '../errors';
import { isIdOf, newIdOf } from '../ids';
import { IngestionSignal } from '../ingestion/ingestion-signal';
import { AttachmentsRepository, type Leftover, type NewAttachment } from './attachments.repository';
import { Chunks } from './chunks.service';
import { StoresRepository, type NewStore, type StoreChange } from './stores.repository';
import type { Attachment, Attributes, Batch, FileCounts, StoreUsage, VectorStore } from './vector-store';

export interface ShownStore {
  readonly store: VectorStore;
  readonly usage: StoreUsage;
}

/** Vector stores and what is attached to them. What is attached is ingested in the background. */
@Injectable()
export class StoresService {
  constructor(
    private readonly database: Database,
    private readonly stores: StoresRepository,
    private readonly attachments: AttachmentsRepository,
    private readonly chunks: Chunks,
    private readonly ingestion: IngestionSignal,
  ) {}

  async create(scope: Scope, about: Omit<NewStore, 'id'>, files: readonly NewAttachment[]): Promise<ShownStore> {
    const id = newIdOf('store');
    await this.database.transaction(scope, async (tx) => {
      await this.stores.insert(tx, scope, { id, ...about });
      await this.attachIn(tx, scope, id, files);
    });
    this.ingestion.signal();
    return await this.shown(scope, id);
  }

  async shown(scope: Scope, id: string): Promise<ShownStore> {
    const store = await this.get(scope, id);
    return { store, usage: (await this.stores.usages(scope, [id]))(id) };
  }

  async get(scope: Scope, id: string): Promise<VectorStore> {
    const store = isIdOf('store', id) ? await this.stores.find(scope, id) : undefined;
    if (!store) throw noStore(id);
    return store;
  }

  /** One that has expired can be looked at, and no more. */
  async usable(scope: Scope, id: string): Promise<VectorStore> {
    const store = await this.get(scope, id);
    if (store.is_expired) throw storeExpired(id);
    return store;
  }

  /** Counts a search as a use. Returns the attachments that it must not show. */
  async use(scope: Scope, id: string): Promise<readonly string[]> {
    const store = isIdOf('store', id) ? await this.stores.findForSearch(scope, id) : undefined;
    if (!store) throw noStore(id);
    if (store.is_expired) throw storeExpired(id);
    if (store.is_idle) await this.stores.touch(scope, id);
    return store.left_out;
  }

  async update(scope: Scope, id: string, change: StoreChange): Promise<ShownStore> {
    await this.usable(scope, id);
    if (!(await this.stores.update(scope, id, change))) await this.usable(scope, id);
    return await this.shown(scope, id);
  }

  /** It is out of sight when this is called back; the upkeep finishes what a fault leaves. */
  async delete(scope: Scope, id: string): Promise<void> {
    await this.get(scope, id);
    if (!(await this.stores.hide(scope, id))) throw noStore(id);
    await this.chunks.drop(scope, id).catch(() => undefined);
  }

  async attach(scope: Scope, id: string, file: NewAttachment): Promise<Attachment> {
    await this.attachAll(scope, id, [file]);
    return await this.attachment(scope, id, file.file_id);
  }

  async createBatch(scope: Scope, id: string, files: readonly NewAttachment[]): Promise<Batch> {
    const batch = newIdOf('batch');
    await this.attachAll(scope, id, files, batch);
    return await this.batch(scope, id, batch);
  }

  async attachment(scope: Scope, id: string, file: string): Promise<Attachment> {
    await this.get(scope, id);
    const found = await this.attachments.find(scope, id, file);
    if (!found) throw noAttachment(file, id);
    return found;
  }

  /** When this resolves, searches see the new attributes. */
  async setAttributes(
    scope: Scope,
    id: string,
    file: string,
    attributes: Attributes,
    signal: AbortSignal,
  ): Promise<Attachment> {
    await this.usable(scope, id);
    const filename = await this.attachments.filename(scope, id, file);
    if (filename === undefined) throw noAttachment(file, id);
    this.chunks.mustFit({ file_id: file, filename, attributes });
    const changed = await this.attachments.setAttributes(scope, id, file, attributes);
    if (!changed) throw noAttachment(file, id);
    await this.stores.touch(scope, id);
    await this.chunks.applyAttributes(scope, changed, signal);
    return changed;
  }

  async detach(scope: Scope, id: string, file: string): Promise<void> {
    await this.get(scope, id);
    const removed = await this.attachments.detach(scope, id, file);
    if (!removed) throw noAttachment(file, id);
    await this.stores.touch(scope, id);
    await this.chunks.removeQuietly(scope, [removed]);
  }

  async batch(scope: Scope, id: string, batch: string): Promise<Batch> {
    await this.get(scope, id);
    const found = isIdOf('batch', batch) ? await this.attachments.findBatch(scope, id, batch) : undefined;
    if (!found) throw noBatch(batch);
    return found;
  }

  async countsOf({ scope, batch }: { readonly scope: Scope; readonly batch: string }): Promise<FileCounts> {
    return await this.attachments.countsOf(scope, batch);
  }

  async cancelBatch(scope: Scope, id: string, batch: string): Promise<Batch> {
    await this.batch(scope, id, batch);
    await this.chunks.removeQuietly(scope, await this.attachments.cancelBatch(scope, batch));
    return await this.batch(scope, id, batch);
  }

  private async attachAll(scope: Scope, id: string, files: readonly NewAttachment[], batch?: string): Promise<void> {
    await this.usable(scope, id);
    const replaced = await this.database.transaction(scope, async (tx) => {
      const locked = await this.stores.lock(tx, scope, id);
      if (!locked) throw noStore(id);
      if (locked.is_expired) throw storeExpired(id);
      if (batch !== undefined) await this.attachments.insertBatch(tx, scope, id, batch);
      return await this.attachIn(tx, scope, id, files, batch);
    });
    this.ingestion.signal();
    await this.stores.touch(scope, id);
    await this.chunks.removeQuietly(scope, replaced);
  }

  private async attachIn(
    tx: Executor,
    scope: Scope,
    id: string,
    files: readonly NewAttachment[],
    batch?: string,
  ): Promise<Leftover[]> {
    if (files.length === 0) return [];
    const wanted = files.map(({ file_id }) => file_id);
    const there = await this.attachments.lockFiles(tx, scope, wanted);
    const missing = wanted.find((file) => !there.has(file));
    if (missing !== undefined) throw noFile(missing, 'file_id');
    for (const file of files) this.chunks.mustFit({ ...file, filename: there.get(file.file_id) ?? '' });
    return await this.attachments.attach(tx, scope, id, distinct(files), batch);
  }
}

/** The last of those that name the same file. */
const distinct = (files: readonly NewAttachment[]): NewAttachment[] => [
  ...new Map(files.map((file) => [file.file_id, file])).values(),
];
