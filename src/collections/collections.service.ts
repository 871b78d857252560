import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { conflict, invalidAt, notFound, preconditionFailed, unavailable, ZeroDbError } from '../common/errors';
import { freshOrStale } from '../common/fresh-or-stale';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../common/paging';
import type { Scope } from '../common/scope';
import { EmbeddingProvider } from '../embeddings/embedding-provider.port';
import { CollectionCache } from './collection-cache';
import { languageOf, type Collection, type CollectionDefinition } from './collection';
import { mustNameFields, plan, plannedCompression, type PlannedCollection } from './collection-plan';
import {
  compressionOf,
  isSameCompression,
  type AskedCompression,
  type Compression,
} from './compression/compression-state';
import { CollectionsRepository, type CollectionCounts } from './collections.repository';

export interface Preconditions {
  /** `If-None-Match: *`. */
  readonly createOnly?: boolean;
  /** `If-Match`: the version it must have. */
  readonly version?: number | undefined;
}

/** A switch holds writes off for less; after that they are told to come again. */
const MAX_SWITCH_MS = 2_000;
const SWITCH_POLL_MS = 10;
/** A collection that is recreated more often than this within one request is not looked for any longer. */
const MAX_MOVES = 3;

/** Collections: made, looked up, changed, dropped. */
@Injectable()
export class CollectionsService {
  private readonly cache = new CollectionCache();

  constructor(
    private readonly repository: CollectionsRepository,
    private readonly embeddings: EmbeddingProvider,
  ) {}

  /** Makes the collection, or finds it as described. A different one of that name is a `conflict`. */
  async put(
    scope: Scope,
    name: string,
    definition: CollectionDefinition,
    conditions: Preconditions = {},
  ): Promise<{ collection: Collection; created: boolean }> {
    const planned = plan(definition, this.embeddings, this.repository.engine);
    const existing = await this.repository.find(scope, name);
    if (existing) return { collection: this.matching(existing, definition, planned, conditions), created: false };
    if (conditions.version !== undefined) throw preconditionFailed(`There is no collection "${name}" to match.`);
    const created = await this.repository.create(scope, { name, ...planned });
    if (created) return { collection: created, created: true };
    // Somebody else made it between the look and the insert.
    return {
      collection: this.matching(await this.fetch(scope, name), definition, planned, conditions),
      created: false,
    };
  }

  /**
   * From a cache that is at most a second old: what a collection is changes rarely, and a dropped one is noticed. Older
   * when Postgres can't be asked.
   */
  async resolve(scope: Scope, name: string): Promise<Collection> {
    const cached = this.cache.fresh(scope, name);
    if (cached) return cached;
    return await freshOrStale(() => this.refresh(scope, name), this.cache.kept(scope, name), this.repository.silentMs);
  }

  /**
   * Runs `work` on the collection. When that turns out no longer to be the one that serves (dropped, recreated, or
   * switched to another model, through another replica), looks it up again and runs again; while it is being
   * switched, waits for that. `work` is one transaction, or reads: what it began was undone.
   */
  async use<T>(scope: Scope, name: string, work: (collection: Collection) => Promise<T>): Promise<T> {
    const forget = (): void => this.cache.delete(scope, name);
    return await untilItServes(
      `The collection "${name}"`,
      async () => await work(await this.resolve(scope, name)),
      forget,
    );
  }

  /** As it is now, without a count of its records. */
  async find(scope: Scope, name: string): Promise<Collection | undefined> {
    return await this.repository.find(scope, name);
  }

  /** Of all collections, in order. */
  async names(scope: Scope): Promise<string[]> {
    return await this.repository.names(scope);
  }

  async get(scope: Scope, name: string): Promise<{ collection: Collection; counts: CollectionCounts }> {
    return await untilItServes(`The collection "${name}"`, async () => {
      const collection = await this.fetch(scope, name);
      return { collection, counts: await this.repository.counts(scope, collection) };
    });
  }

  async list(
    scope: Scope,
    limit: number,
    cursor?: string,
  ): Promise<Page<{ collection: Collection; counts: CollectionCounts }>> {
    const fingerprint = fingerprintOf('collections');
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, fingerprint, 1, 'query:after');
    return await untilItServes('The list of collections', () => this.page(scope, limit, String(after), fingerprint));
  }

  private async page(
    scope: Scope,
    limit: number,
    after: string,
    fingerprint: string,
  ): Promise<Page<{ collection: Collection; counts: CollectionCounts }>> {
    const rows = await this.repository.list(scope, limit + 1, after);
    const page = pageOf(
      rows,
      limit,
      (row) => row,
      (row) => [row.name],
      fingerprint,
    );
    const counts = await this.repository.countsOf(scope, page.data);
    const none = { records: 0, indexed: 0 };
    return { ...page, data: page.data.map((collection, at) => ({ collection, counts: counts[at] ?? none })) };
  }

  /** What is given and differs. A change of the language reindexes the texts in the background. */
  async patch(
    scope: Scope,
    name: string,
    { indexes, text, compression: asked }: Pick<CollectionDefinition, 'indexes' | 'text' | 'compression'>,
    version?: number,
  ): Promise<Collection> {
    const collection = await this.fetch(scope, name);
    mustHaveVersion(collection, version);
    mustNameFields(indexes ?? []);
    const settings = { ...collection.settings, ...(indexes ? { indexes } : {}), ...(text ? { text } : {}) };
    const compression = asked && compressionToSet(collection, asked);
    const isSame =
      sameJson(settings.indexes, collection.settings.indexes) && languageOf(settings) === collection.language;
    if (isSame && !compression) return collection;
    const changed = await this.repository.setSettings(collection, { ...settings, compression });
    this.cache.delete(scope, name);
    if (!changed) throw conflict(`The collection "${name}" was changed at the same time; try again.`, true);
    return changed;
  }

  async delete(scope: Scope, name: string, version?: number): Promise<void> {
    const collection = await this.fetch(scope, name);
    mustHaveVersion(collection, version);
    const deleted = await this.repository.delete(collection, version, scope);
    this.cache.delete(scope, name);
    if (!deleted) throw notFound('collection', name);
  }

  private async refresh(scope: Scope, name: string): Promise<Collection> {
    try {
      const collection = await this.fetch(scope, name);
      this.cache.set(scope, name, collection);
      return collection;
    } catch (error) {
      if (error instanceof ZeroDbError && error.status === 404) this.cache.delete(scope, name);
      throw error;
    }
  }

  private async fetch(scope: Scope, name: string): Promise<Collection> {
    const collection = await this.repository.find(scope, name);
    if (!collection) throw notFound('collection', name);
    return collection;
  }

  private matching(
    existing: Collection,
    definition: CollectionDefinition,
    planned: PlannedCollection,
    conditions: Preconditions,
  ): Collection {
    if (conditions.createOnly) throw preconditionFailed(`The collection "${existing.name}" exists already.`);
    mustHaveVersion(existing, conditions.version);
    const difference = differenceBetween(existing, definition, planned);
    if (difference) {
      throw conflict(
        `The collection "${existing.name}" exists with another ${difference}; use that, or create one with another name.`,
      );
    }
    return existing;
  }
}

function mustHaveVersion(collection: Collection, version: number | undefined): void {
  if (version !== undefined && version !== collection.version) {
    throw preconditionFailed(`The collection "${collection.name}" has version ${collection.version} now.`);
  }
}

/** Compares only the given settings: `PUT {}` matches any collection of that name. */
function differenceBetween(
  existing: Collection,
  asked: CollectionDefinition,
  planned: PlannedCollection,
): string | undefined {
  if (asked.dimension !== undefined && existing.dimension !== asked.dimension) return 'dimension';
  if (asked.metric !== undefined && existing.metric !== asked.metric) return 'metric';
  if (asked.embedding_model !== undefined && existing.model?.name !== planned.model?.name) return 'embedding_model';
  if (asked.compression && !isCompressedAs(existing, asked.compression)) return 'compression (PATCH changes it)';
  if (asked.vector_index && !sameJson(existing.settings.vector_index, planned.settings.vector_index)) {
    return 'vector_index';
  }
  if (asked.text && asked.text.language !== existing.language) return 'language (PATCH changes it)';
  if (asked.indexes && !sameJson(existing.settings.indexes, asked.indexes)) return 'set of indexes (PATCH changes it)';
  const { vectors, sparse_vectors } = planned.settings;
  if (asked.vectors && !sameJson(existing.settings.vectors ?? {}, vectors ?? {})) return 'set of vectors';
  if (asked.sparse_vectors && !sameJson(existing.settings.sparse_vectors ?? {}, sparse_vectors ?? {})) {
    return 'set of sparse_vectors';
  }
  return undefined;
}

/** `undefined` when there is nothing to do. What was refused is tried again when it is set again. */
function compressionToSet(collection: Collection, asked: AskedCompression): Compression | undefined {
  const wanted = plannedCompression(collection, asked);
  const isSet = isSameCompression(compressionOf(collection.settings), wanted) && !collection.settings.refusal;
  return isSet ? undefined : wanted;
}

function isCompressedAs({ settings }: Collection, { scheme, target_recall }: AskedCompression): boolean {
  const current = compressionOf(settings);
  return current.scheme === scheme && (target_recall ?? current.target_recall) === current.target_recall;
}

/** Key order is not a difference: what is stored came through jsonb, which orders keys its own way. */
const sameJson = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/**
 * Whoever loses to a collection that is dropped or switched time and again is told to come again: nothing is wrong with the
 * request.
 */
async function untilItServes<T>(what: string, work: () => Promise<T>, forget?: () => void): Promise<T> {
  const until = performance.now() + MAX_SWITCH_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const change = changeOf(error);
      if (!change) throw error;
      const mayRetry = change === 'gone' ? attempt <= MAX_MOVES : performance.now() < until;
      if (!mayRetry) throw unavailable(what, error);
      forget?.();
      if (attempt > 1) await sleep(SWITCH_POLL_MS);
    }
  }
}

/** The tables are gone, serve no more (see `zerodb_serve_collection`), or are about to (`ZD001`). */
function changeOf(error: unknown): 'gone' | 'moved' | 'switching' | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ZD001') return 'switching';
  if (code === '42501') return 'moved';
  return code === '42P01' ? 'gone' : undefined;
}

/** The model of a collection whose texts are to be embedded. Throws when it has none or it is no longer served. */
export function mustHaveModel(
  collection: Collection,
  embeddings: EmbeddingProvider,
  path: string,
): NonNullable<Collection['model']> {
  if (!collection.model) {
    throw invalidAt(path, `The collection "${collection.name}" has no embedding model: send a vector.`);
  }
  const served = embeddings.find(collection.model.name);
  if (served?.revision !== collection.model.revision || served.dimension !== collection.dimension) {
    throw conflict(
      `The collection "${collection.name}" was embedded by ${collection.model.name} (${collection.model.revision}), ` +
        `which is not served here; configure that model, or send vectors.`,
    );
  }
  return collection.model;
}
