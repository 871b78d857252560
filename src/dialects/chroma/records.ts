import { Injectable } from '@nestjs/common';
import { CollectionsService } from '../../collections/collections.service';
import { mustBeStorable, type RecordInput } from '../../collections/records/record-input';
import { presentParts } from '../../collections/records/record-rows';
import type { Selection } from '../../collections/records/records.repository';
import { RecordsService } from '../../collections/records/records.service';
import { decodeVector } from '../../collections/records/vector-input';
import { ZeroDbError } from '../../common/errors';
import { mapInSlices } from '../../common/in-slices';
import type { Scope } from '../../common/scope';
import { ChromaCatalogue } from './catalogue';
import type { ChromaCollection, Place } from './chroma.repository';
import { badArgument } from './errors';
import { fitting, mayBeHeavy, mustBeLight } from './limits';
import { mustBeMetadata, URI_KEY, withoutNulls } from './metadata';
import type { DeleteBody, RecordsBody } from './schemas';
import { columnsOf, includeOf, type Columns, type Part } from './shown';
import { filterOf } from './where';

export interface Target {
  readonly scope: Scope;
  readonly place: Place;
  /** The id of the collection. */
  readonly id: string;
  readonly signal: AbortSignal;
}

/** One of the records of a request. What is `undefined` was not sent. */
interface Given {
  readonly id: string;
  readonly vector: string | readonly number[] | undefined;
  readonly text: string | undefined;
  readonly metadata: Record<string, unknown> | undefined;
}

const NO_VECTORS = 'You must provide an embedding for each record';
const DELETED_AT_ONCE = 1_000;

/** Records as Chroma has them, by ZeroDB's own services. */
@Injectable()
export class ChromaRecords {
  constructor(
    private readonly catalogue: ChromaCatalogue,
    private readonly collections: CollectionsService,
    private readonly records: RecordsService,
  ) {}

  get maxBatch(): number {
    return this.records.limits.maxRecords;
  }

  /** Ids that exist are passed over. */
  async add(target: Target, body: RecordsBody): Promise<void> {
    const { name, given } = await this.withVectors(target, body);
    await this.records.insertMissing(target.scope, name, given.map(inputOf), target.signal);
  }

  /** New ones are stored, at once; those that exist are changed, one after the other. */
  async upsert(target: Target, body: RecordsBody): Promise<void> {
    const { name, given } = await this.withVectors(target, body);
    const stored = new Set(await this.records.insertMissing(target.scope, name, given.map(inputOf), target.signal));
    const others = given.filter(({ id }) => !stored.has(id));
    const gone = await this.change(target, name, others);
    // Deleted by somebody else between the two: they are new again.
    if (gone.length > 0) await this.records.insertMissing(target.scope, name, gone.map(inputOf), target.signal);
  }

  /** One after the other. Ids that do not exist are passed over, as Chroma does. */
  async update(target: Target, body: RecordsBody): Promise<void> {
    const given = givenIn(body);
    const known = await this.catalogue.byId(target.scope, target.place, target.id);
    const dimension = dimensionOf(given);
    if (known.dimension === null) return;
    if (dimension !== undefined) await this.catalogue.forDimension(target.scope, known, dimension);
    await this.check(target.scope, known, given);
    await this.change(target, known.collection, given);
  }

  async get(target: Target, asked: Asked): Promise<Columns> {
    const known = await this.catalogue.byId(target.scope, target.place, target.id);
    const selection = selectionOf(asked);
    const { limit, offset = 0, wanted } = asked;
    const { scope } = target;
    const left = async (): Promise<number> => (await this.records.count(scope, known.collection, selection)) - offset;
    const most = await fitting(limit ?? Infinity, { dimension: known.dimension ?? 0, wanted }, left);
    if (most === 0) return columnsOf([], wanted);
    const include = includeOf(wanted);
    const request = { ...selection, limit: most, offset, include };
    if (mayBeHeavy(most, include)) {
      const sizes = await this.records.sizes(scope, known.collection, request);
      mustBeLight(sizes.map(({ bytes }) => bytes));
    }
    const rows = await this.records.slice(scope, known.collection, request);
    const shown = await mapInSlices(rows, (row) => ({ id: row.id, ...presentParts(row) }));
    return columnsOf(shown, wanted);
  }

  /** Returns how many there were. */
  async delete(target: Target, body: DeleteBody): Promise<number> {
    const known = await this.catalogue.byId(target.scope, target.place, target.id);
    const selection = selectionOf(body);
    if (selection.ids === undefined && selection.filter === undefined) {
      throw badArgument('You must provide either ids, where, or where_document to delete.');
    }
    if (known.dimension === null) return 0;
    const { scope } = target;
    if (body.limit === undefined || body.limit === null) {
      return await this.records.deleteMany(scope, known.collection, selection);
    }
    return await this.deleteSome(target, known.collection, selection, body.limit);
  }

  async count(target: Omit<Target, 'signal'>): Promise<number> {
    const known = await this.catalogue.byId(target.scope, target.place, target.id);
    return known.dimension === null ? 0 : await this.records.count(target.scope, known.collection, {});
  }

  /** The first of them by their ids, in parts. */
  private async deleteSome(target: Target, name: string, selection: Selection, most: number): Promise<number> {
    const include = { metadata: false, text: false, vector: false };
    let deleted = 0;
    while (deleted < most) {
      target.signal.throwIfAborted();
      const limit = Math.min(DELETED_AT_ONCE, most - deleted);
      const rows = await this.records.slice(target.scope, name, { ...selection, limit, offset: 0, include });
      if (rows.length === 0) break;
      const ids = rows.map(({ id }) => id);
      deleted += await this.records.deleteMany(target.scope, name, { ...selection, ids });
    }
    return deleted;
  }

  /** All of the request is checked before the first record is stored. */
  private async withVectors(target: Target, body: RecordsBody): Promise<{ name: string; given: readonly Given[] }> {
    const given = givenIn(body);
    const dimension = dimensionOf(given);
    if (dimension === undefined || given.some(({ vector }) => vector === undefined)) throw badArgument(NO_VECTORS);
    const known = await this.catalogue.byId(target.scope, target.place, target.id);
    mustBeOfOneLength(given, known.dimension ?? dimension);
    const ready = await this.catalogue.forDimension(target.scope, known, dimension);
    await this.check(target.scope, ready, given);
    return { name: ready.collection, given };
  }

  private async check(scope: Scope, { collection: name }: ChromaCollection, given: readonly Given[]): Promise<void> {
    const collection = await this.collections.resolve(scope, name);
    const filler = new Array<number>(collection.dimension).fill(1);
    const inputs = given.map((each) => ({ ...inputOf(each), vector: each.vector ?? filler }));
    mustBeStorable(collection, inputs, this.records.limits);
  }

  /** Returns those that do not exist. */
  private async change(target: Target, name: string, given: readonly Given[]): Promise<Given[]> {
    const gone: Given[] = [];
    for (const each of given) {
      target.signal.throwIfAborted();
      const { id, vector, text, metadata } = each;
      const patch = { vector, text, metadata };
      try {
        await this.records.patch(target.scope, name, id, patch, undefined, target.signal);
      } catch (error) {
        if (!(error instanceof ZeroDbError) || error.status !== 404) throw error;
        gone.push(each);
      }
    }
    return gone;
  }
}

/** What a `get` wants. */
export interface Asked {
  readonly ids?: readonly string[] | null | undefined;
  readonly where?: unknown;
  readonly where_document?: unknown;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  readonly wanted: ReadonlySet<Part>;
}

export const selectionOf = ({ ids, ...asked }: Pick<Asked, 'ids' | 'where' | 'where_document'>): Selection => ({
  ids: ids ?? undefined,
  filter: filterOf(asked),
});

/** The columns of a request as records. Throws where they are not of one length, or an id comes twice. */
const givenIn = (body: RecordsBody): Given[] => {
  const { ids, embeddings, documents, metadatas, uris } = body;
  for (const [name, column] of Object.entries({ embeddings, documents, metadatas, uris })) {
    if (column && column.length !== ids.length) {
      throw badArgument(`Number of ${name} ${column.length} must match number of ids ${ids.length}`);
    }
  }
  if (new Set(ids).size < ids.length) throw badArgument('Expected IDs to be unique');
  return ids.map((id, index) => {
    const uri = uris?.[index];
    const metadata = metadatas?.[index];
    const both = { ...(metadata ? mustBeMetadata(metadata) : {}), ...(uri ? { [URI_KEY]: uri } : {}) };
    return {
      id,
      vector: embeddings?.[index] ?? undefined,
      text: documents?.[index] ?? undefined,
      metadata: metadata || uri ? both : undefined,
    };
  });
};

const inputOf = ({ id, vector, text, metadata }: Given): RecordInput => ({
  id,
  vector,
  text,
  metadata: withoutNulls(metadata ?? {}),
});

const lengthOf = ({ vector }: Given): number => (vector === undefined ? 0 : (decodeVector(vector)?.length ?? 0));

const dimensionOf = (given: readonly Given[]): number | undefined => {
  const first = given.find(({ vector }) => vector !== undefined);
  if (!first) return undefined;
  const length = lengthOf(first);
  if (length === 0) throw badArgument('Expected each embedding to be a list of numbers, or base64 of float32 values');
  return length;
};

/** Before a collection is made for the first of them. */
const mustBeOfOneLength = (given: readonly Given[], dimension: number): void => {
  const other = given.map(lengthOf).find((length) => length !== dimension);
  if (other !== undefined) {
    throw badArgument(`Collection expecting embedding with dimension of ${dimension}, got ${other}`);
  }
};
