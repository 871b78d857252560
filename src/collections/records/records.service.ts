import { Injectable } from '@nestjs/common';
import { invalid, invalidAt, notFound, preconditionFailed } from '../../common/errors';
import { metadataFaults, RECORD_FIELDS, type FilterNode } from '../../common/filter';
import { parsePath } from '../../common/filter/path';
import { newId } from '../../common/ids';
import { mapInSlices } from '../../common/in-slices';
import { mergePatch } from '../../common/merge-patch';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Scope } from '../../common/scope';
import type { Executor } from '../../database/database.port';
import { EmbeddingProvider } from '../../embeddings/embedding-provider.port';
import type { Collection } from '../collection';
import { CollectionMetrics } from '../collection-metrics';
import { CollectionsService, mustHaveModel } from '../collections.service';
import { MOST_NAMED_NUMBERS, mustFitWithVectors, spaceOf, type NamedVector } from '../named-vectors';
import type { Include } from '../vector-store.port';
import { IndexedWait } from './indexed-wait';
import { namedFaults, namedVectorsOf, type NamedInput } from './named-input';
import { namedIdentity, namedVectorsIn } from './named-rows';
import { mustBeStorable, RecordLimits, type RecordInput } from './record-input';
import { parseVector, type RecordRow } from './record-rows';
import { RecordsRepository, type Selection, type SliceRequest, type StorableRecord } from './records.repository';
import { cursorLength, type SortKey } from './sorting';
import { decodeVector, mustBeVector } from './vector-input';

export interface RecordPatch {
  readonly vector?: string | readonly number[] | null | undefined;
  /** Those named are set, or removed by null; the others stay. */
  readonly vectors?: Readonly<Record<string, NamedInput | null>> | undefined;
  readonly text?: string | null | undefined;
  readonly metadata?: Record<string, unknown> | undefined;
}

export interface ListRequest {
  readonly ids?: readonly string[] | undefined;
  readonly filter?: FilterNode | undefined;
  /** The filter as it was sent: a cursor belongs to it. */
  readonly rawFilter?: unknown;
  readonly sort?: readonly { readonly field: string; readonly order: 'asc' | 'desc' }[] | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
  /** Where the cursor stands in the request, for its faults. */
  readonly afterPath: string;
  readonly include: Include;
}

const SORTABLE = Object.keys(RECORD_FIELDS);

/** Records: stored, read, changed, deleted. */
@Injectable()
export class RecordsService {
  constructor(
    private readonly collections: CollectionsService,
    private readonly repository: RecordsRepository,
    private readonly embeddings: EmbeddingProvider,
    readonly limits: RecordLimits,
    private readonly wait: IndexedWait,
    private readonly metrics: CollectionMetrics,
  ) {}

  /**
   * All or nothing, with `also` in the same transaction. Texts without a vector are embedded before the commit, so that
   * they are found by meaning at once.
   */
  async upsert(
    scope: Scope,
    name: string,
    records: readonly RecordInput[],
    signal?: AbortSignal,
    also?: (tx: Executor) => Promise<void>,
  ): Promise<{ upserted: number; ids: string[]; versions: number[] }> {
    return await this.collections.use(scope, name, async (collection) => {
      mustBeStorable(collection, records, this.limits);
      const startedAt = performance.now();
      const storable = await this.complete(collection, records, signal);
      // After the deadline no write starts: the response reports that nothing was changed.
      signal?.throwIfAborted();
      const versions = await this.repository.upsert(scope, await this.ofNow(scope, collection), storable, also);
      this.metrics.stored(storable.length, performance.now() - startedAt);
      return { upserted: storable.length, ids: storable.map(({ id }) => id), versions };
    });
  }

  /** Those whose ids are free; records that exist stay as they are. Otherwise as `upsert`. Returns the ids that were stored. */
  async insertMissing(
    scope: Scope,
    name: string,
    records: readonly RecordInput[],
    signal?: AbortSignal,
  ): Promise<string[]> {
    return await this.collections.use(scope, name, async (collection) => {
      mustBeStorable(collection, records, this.limits);
      const storable = await this.complete(collection, records, signal);
      signal?.throwIfAborted();
      return await this.repository.insertMissing(scope, await this.ofNow(scope, collection), storable);
    });
  }

  /** Records by their place in the order of the ids: who pages by numbers reads those before, too. */
  async slice(scope: Scope, name: string, request: SliceRequest): Promise<RecordRow[]> {
    return await this.collections.use(scope, name, (collection) => this.repository.slice(scope, collection, request));
  }

  /** What the texts and the metadata of a slice weigh: who returns many looks before reading them. */
  async sizes(scope: Scope, name: string, request: SliceRequest): Promise<{ id: string; bytes: number }[]> {
    return await this.collections.use(scope, name, (collection) => this.repository.sizes(scope, collection, request));
  }

  /** Whether the followers have these records by now; waits for them for a while. */
  async indexed(scope: Scope, name: string, ids: readonly string[], signal?: AbortSignal): Promise<boolean> {
    return await this.collections.use(scope, name, (collection) => this.wait.until(scope, collection, ids, signal));
  }

  async get(scope: Scope, name: string, id: string, include: Include): Promise<RecordRow> {
    return await this.collections.use(scope, name, async (collection) => {
      const row = await this.repository.find(scope, collection, id, include);
      if (!row) throw notFound('record', id);
      return row;
    });
  }

  /** Merges metadata, replaces text and vector. A patch that changes nothing keeps the version. */
  async patch(
    scope: Scope,
    name: string,
    id: string,
    patch: RecordPatch,
    version?: number,
    signal?: AbortSignal,
  ): Promise<RecordRow> {
    return await this.collections.use(scope, name, async (collection) => {
      mustBePatch(collection, patch, this.limits);
      const embedded = await this.embedPatch(scope, collection, id, patch, signal);
      const written = await this.repository.modify(scope, await this.ofNow(scope, collection), id, (row) => {
        mustMatch(row, version);
        return patched(collection, row, { patch, embedded, limits: this.limits });
      });
      if (!written) throw notFound('record', id);
      return written;
    });
  }

  async delete(scope: Scope, name: string, id: string, version?: number): Promise<void> {
    await this.collections.use(scope, name, async (collection) => {
      const deleted = await this.repository.delete(scope, collection, { ids: [id], version });
      if (deleted === 1) return;
      const row = version === undefined ? undefined : await this.repository.find(scope, collection, id);
      if (row) mustMatch(row, version);
      throw notFound('record', id);
    });
  }

  async deleteMany(scope: Scope, name: string, selection: Selection): Promise<number> {
    return await this.collections.use(scope, name, (collection) =>
      this.repository.delete(scope, collection, selection),
    );
  }

  async count(scope: Scope, name: string, selection: Selection): Promise<number> {
    return await this.collections.use(scope, name, (collection) => this.repository.count(scope, collection, selection));
  }

  async list(scope: Scope, name: string, request: ListRequest): Promise<Page<RecordRow>> {
    const sort = parseSort(request.sort ?? []);
    const fingerprint = fingerprintOf([request.ids, request.rawFilter, request.sort]);
    const after =
      request.after === undefined
        ? undefined
        : decodeCursor(request.after, fingerprint, cursorLength(sort), request.afterPath);
    return await this.collections.use(scope, name, async (collection) => {
      mustFitWithVectors(collection, request.include, request.limit);
      const rows = await this.repository.page(scope, collection, { ...request, sort, after });
      return pageOf(
        rows,
        request.limit,
        ({ row }) => row,
        ({ keys }) => keys,
        fingerprint,
      );
    });
  }

  /**
   * With its settings of now. While texts were embedded its language may have changed and its postings have been rebuilt:
   * postings in the language from before would stay. Another collection of that name is left to `use`.
   */
  private async ofNow(scope: Scope, collection: Collection): Promise<Collection> {
    const current = await this.collections.resolve(scope, collection.name);
    return current.id === collection.id ? current : collection;
  }

  private async complete(
    collection: Collection,
    records: readonly RecordInput[],
    signal?: AbortSignal,
  ): Promise<StorableRecord[]> {
    const isEmbedded = ({ vector, vectors, text }: RecordInput): boolean =>
      vector === undefined && text !== undefined && collection.model !== null && !isNone(vectors);
    const texts = records.flatMap((record) => (isEmbedded(record) ? [record.text ?? ''] : []));
    const made = texts.length === 0 ? [] : await this.embed(collection, texts, '/records', signal);
    let next = 0;
    return await mapInSlices(records, (record) => {
      const given = record.vector === undefined ? undefined : decodeVector(record.vector);
      return {
        id: record.id ?? newId(),
        vector: given ?? (isEmbedded(record) ? (made[next++] ?? []) : null),
        vectors: namedVectorsOf(collection, record.vectors ?? {}),
        embeddedFrom: isEmbedded(record) ? 'text' : 'vector',
        text: record.text ?? null,
        metadata: record.metadata ?? {},
      };
    });
  }

  private async embed(
    collection: Collection,
    texts: readonly string[],
    path: string,
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const model = mustHaveModel(collection, this.embeddings, path);
    const vectors = await this.embeddings.embed(model, texts, signal);
    for (const vector of vectors) mustBeVector(collection, vector, path);
    return vectors;
  }

  /** A new text makes a new vector when the old one came from text. Embedded before the transaction, never inside. */
  private async embedPatch(
    scope: Scope,
    collection: Collection,
    id: string,
    patch: RecordPatch,
    signal?: AbortSignal,
  ): Promise<Float32Array | undefined> {
    if (patch.text === undefined || patch.text === null || patch.vector !== undefined) return undefined;
    const row = await this.repository.find(scope, collection, id);
    if (!row) throw notFound('record', id);
    if (row.embedded_from !== 'text' || row.text === patch.text) return undefined;
    return (await this.embed(collection, [patch.text], '/text', signal))[0];
  }
}

/** `{}` says that the record has no vector at all. */
const isNone = (vectors: RecordInput['vectors']): boolean => vectors !== undefined && Object.keys(vectors).length === 0;

function mustBePatch(collection: Collection, patch: RecordPatch, { maxTextBytes }: RecordLimits): void {
  if (patch.vector !== undefined && patch.vector !== null) mustBeVector(collection, patch.vector, '/vector');
  mustNameVectors(collection, patch.vectors ?? {});
  if (typeof patch.text === 'string' && Buffer.byteLength(patch.text) > maxTextBytes) {
    throw invalidAt('/text', `is longer than ${maxTextBytes} bytes`);
  }
}

function mustMatch(row: RecordRow, version: number | undefined): void {
  if (version !== undefined && row.version !== version) {
    throw preconditionFailed(`The record "${row.id}" has version ${row.version} now.`);
  }
}

function mustNameVectors(collection: Collection, vectors: NonNullable<RecordPatch['vectors']>): void {
  const set = Object.entries(vectors).flatMap(([name, input]) => (input === null ? [] : [[name, input] as const]));
  const faults = namedFaults(collection, Object.fromEntries(set), '/vectors');
  for (const name of Object.keys(vectors)) {
    if (vectors[name] === null && !spaceOf(collection, name)) {
      faults.push({ path: `/vectors/${name}`, message: 'is not the name of a vector of the collection' });
    }
  }
  if (faults.length > 0) throw invalid('The vectors do not match the collection.', faults);
}

interface Change {
  readonly patch: RecordPatch;
  readonly embedded: Float32Array | undefined;
  readonly limits: RecordLimits;
}

/** The record after the patch, or `undefined` when nothing changes. */
function patched(
  collection: Collection,
  row: RecordRow,
  { patch, embedded, limits }: Change,
): StorableRecord | undefined {
  const metadata = patchedMetadata(row, patch, limits);
  const text = patch.text === undefined ? (row.text ?? null) : patch.text;
  if (text === null && row.embedded_from === 'text' && patch.vector === undefined) {
    throw invalidAt('/text', 'The vector was embedded from the text: send a vector to remove the text.');
  }
  const old = typeof row.vector === 'string' ? parseVector(row.vector) : null;
  const given = typeof patch.vector === 'string' || patch.vector ? decodeVector(patch.vector) : patch.vector;
  const vector: ArrayLike<number> | null = given === undefined ? (embedded ?? old) : given;
  const before = namedVectorsIn(row.vectors ?? []);
  const vectors = patchedVectors(collection, before, patch.vectors ?? {});
  const same =
    text === (row.text ?? null) &&
    sameVector(vector ?? [], old ?? []) &&
    namedIdentity(vectors) === namedIdentity(before) &&
    JSON.stringify(metadata) === JSON.stringify(row.metadata);
  if (same) return undefined;
  const embeddedFrom = given === undefined ? row.embedded_from : 'vector';
  return { id: row.id, vector, vectors, embeddedFrom, text, metadata };
}

function patchedVectors(
  collection: Collection,
  before: readonly NamedVector[],
  patch: NonNullable<RecordPatch['vectors']>,
): NamedVector[] {
  const set = Object.entries(patch).flatMap(([name, input]) => (input === null ? [] : [[name, input] as const]));
  const vectors = [
    ...before.filter(({ name }) => !Object.hasOwn(patch, name)),
    ...namedVectorsOf(collection, Object.fromEntries(set)),
  ];
  const numbers = vectors.reduce((sum, vector) => sum + numbersOfVector(vector), 0);
  if (numbers > MOST_NAMED_NUMBERS) {
    throw invalidAt(
      '/vectors',
      `The record would hold ${numbers} numbers under names; up to ${MOST_NAMED_NUMBERS} fit.`,
    );
  }
  return vectors;
}

function numbersOfVector(vector: NamedVector): number {
  if (vector.kind === 'sparse') return 2 * vector.indices.length;
  return vector.kind === 'dense' ? vector.values.length : vector.rows.reduce((sum, { length }) => sum + length, 0);
}

function patchedMetadata(row: RecordRow, patch: RecordPatch, limits: RecordLimits): Record<string, unknown> {
  if (patch.metadata === undefined) return row.metadata ?? {};
  const metadata = mergePatch(row.metadata, patch.metadata) as Record<string, unknown>;
  const faults = metadataFaults(metadata, '/metadata', { maxBytes: limits.maxMetadataBytes });
  if (faults.length > 0) throw invalid('The metadata would be invalid after the patch.', faults);
  return metadata;
}

/** As stored, in 32 bits. */
function sameVector(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let index = 0; index < a.length; index++) {
    if (Math.fround(Number(a[index])) !== Math.fround(Number(b[index]))) return false;
  }
  return a.length === b.length;
}

function parseSort(sort: NonNullable<ListRequest['sort']>): SortKey[] {
  return sort.map(({ field, order }, index) => {
    const parsed = parsePath(field, SORTABLE);
    if ('fault' in parsed) throw invalidAt(`/sort/${index}/field`, parsed.fault);
    return { path: parsed.path, order };
  });
}
