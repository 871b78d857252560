import { Injectable } from '@nestjs/common';
import type { Collection } from '../../collections/collection';
import { CollectionsService } from '../../collections/collections.service';
import { PointsService } from '../../collections/points/points.service';
import { mustBeStorable, type RecordInput, type RecordLimits } from '../../collections/records/record-input';
import type { Selection } from '../../collections/records/records.repository';
import { RecordsService } from '../../collections/records/records.service';
import { invalid } from '../../common/errors';
import { metadataFaults } from '../../common/filter';
import { isObject } from '../../common/filter/values';
import type { Scope } from '../../common/scope';
import { badRequest, formatError, pointMissing, unsupported, validationError, wrongInput } from './errors';
import { placeOf, withValues, without } from './payload-path';
import { recordIdOf } from './point-id';
import type {
  DeletePayloadBody,
  DeleteVectorsBody,
  SelectorBody,
  SetPayloadBody,
  UpsertBody,
  VectorsBody,
} from './schemas';
import { NO_SELECTION, NO_SELECTOR, selectionOf } from './selection';
import { nameOf, UNNAMED, vectorsOf, type PointVectors } from './vectors';

export interface Target {
  readonly scope: Scope;
  readonly collection: string;
  readonly signal: AbortSignal;
}

interface GivenPoint {
  readonly id: unknown;
  readonly vector?: unknown;
  readonly payload?: Record<string, unknown> | null | undefined;
}

type Payload = Record<string, unknown>;

/** A write that is read and checked, and has not begun. */
export type Write = () => Promise<void>;

/** Keys that one write removes. */
const MAX_KEYS = 1_000;

/**
 * The writes on points, each by ZeroDB's own services. A method reads and checks all of the request, and returns what is
 * left to do: of several writes none begins while another is refused.
 */
@Injectable()
export class PointUpdates {
  constructor(
    private readonly collections: CollectionsService,
    private readonly records: RecordsService,
    private readonly points: PointsService,
  ) {}

  /** Of two points with one id the last counts. */
  async upsert({ scope, collection: name, signal }: Target, body: UpsertBody): Promise<Write> {
    const given = pointsIn(body);
    const collection = await this.collections.resolve(scope, name);
    const points = new Map(given.map((point) => [recordIdOf(point.id), point]));
    const places = new Map(given.map((point, index) => [point, index]));
    const records = [...points].map(([id, point]) => inputOf(collection, id, point, places.get(point) ?? 0));
    if (records.length === 0) throw badRequest('Empty update request');
    const slices = slicesOf(records, this.records.limits.maxRecords);
    for (const slice of slices) mustBeStorable(collection, slice, this.records.limits);
    return async () => {
      for (const slice of slices) await this.records.upsert(scope, name, slice, signal);
    };
  }

  delete({ scope, collection }: Target, body: SelectorBody): Write {
    const selection = selectionOf(body, NO_SELECTOR);
    return async () => {
      await this.records.deleteMany(scope, collection, selection);
    };
  }

  setPayload(target: Target, body: SetPayloadBody): Write {
    const place = body.key === undefined || body.key === null ? [] : placeOf(body.key);
    const change = (payload: Payload) => withValues(payload, body.payload, place);
    this.mustBePayload(change({}));
    return this.edit(target, selectionOf(body), change);
  }

  /** All of the payload, whatever `key` says: as Qdrant has it. */
  overwritePayload(target: Target, body: SetPayloadBody): Write {
    this.mustBePayload(body.payload);
    return this.edit(target, selectionOf(body), () => body.payload);
  }

  deletePayload(target: Target, body: DeletePayloadBody): Write {
    if (body.keys.length > MAX_KEYS) throw wrongInput(`A write removes at most ${MAX_KEYS} keys`);
    const places = body.keys.map(placeOf);
    return this.edit(target, selectionOf(body), (payload) => without(payload, places));
  }

  clearPayload(target: Target, body: SelectorBody): Write {
    return this.edit(target, selectionOf(body, NO_SELECTOR), () => ({}));
  }

  async updateVectors({ scope, collection: name, signal }: Target, body: VectorsBody): Promise<Write> {
    mustHaveNo(body, 'update_filter');
    const collection = await this.collections.resolve(scope, name);
    const changes = body.points.map(({ id, vector }, index) => ({
      id: recordIdOf(id),
      ...vectorsOf(collection, vector, placeOfVector(index)),
    }));
    for (const change of changes) mustBeVectors(collection, change, this.records.limits);
    return async () => {
      for (const { id, ...vectors } of changes) await this.records.patch(scope, name, id, vectors, undefined, signal);
    };
  }

  /** Existing points are changed, also when another id is missing: as Qdrant has it. */
  async deleteVectors({ scope, collection: name, signal }: Target, body: DeleteVectorsBody): Promise<Write> {
    if (body.vector.length === 0) throw validationError('vector', 'must specify vector names to delete');
    const selection = selectionOf(body, NO_SELECTION);
    const collection = await this.collections.resolve(scope, name);
    const names = body.vector.map((each) => nameOf(collection, each));
    const named = names.filter((each) => each !== UNNAMED);
    const gone = { unnamed: names.length > named.length, named };
    return async () => {
      const found = await this.points.removeVectors(scope, name, selection, gone, signal);
      const missing = selection.ids?.find((id) => !found.has(id));
      if (missing !== undefined) throw pointMissing(missing);
    };
  }

  /** Existing points are changed, also when another id is missing: as Qdrant has it. */
  private edit(
    { scope, collection, signal }: Target,
    selection: Selection,
    change: (payload: Payload) => Payload,
  ): Write {
    return async () => {
      const found = await this.points.edit(scope, collection, selection, change, signal);
      const missing = selection.ids?.find((id) => !found.has(id));
      if (missing !== undefined) throw pointMissing(missing);
    };
  }

  /** Whatever a point has beside it. */
  private mustBePayload(payload: Payload): void {
    const faults = metadataFaults(payload, '/payload', { maxBytes: this.records.limits.maxMetadataBytes });
    if (faults.length > 0) throw invalid('The payload is invalid.', faults);
  }
}

const slicesOf = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));

/** Throws where an option is given that does not exist yet. */
const mustHaveNo = (body: Record<string, unknown>, ...options: readonly string[]): void => {
  const given = options.find((option) => body[option] !== undefined && body[option] !== null);
  if (given !== undefined) throw unsupported(`"${given}" is`);
};

const pointsIn = (body: UpsertBody): readonly GivenPoint[] => {
  mustHaveNo(body, 'update_filter', 'update_mode');
  if (body.points !== undefined) return body.points;
  if (body.batch === undefined) throw formatError('Invalid PointInsertOperations format');
  const { ids, vectors, payloads } = body.batch;
  const mustHave = (what: string, length: number): void => {
    if (length === ids.length) return;
    throw validationError('batch.batch', `number of ids and ${what} must be equal (${ids.length} != ${length})`);
  };
  const vectorAt = vectorsOfBatch(vectors, mustHave);
  if (payloads) mustHave('payloads', payloads.length);
  return ids.map((id, index) => ({ id, vector: vectorAt(index), payload: payloads?.[index] }));
};

/** Each name has a separate list. */
const vectorsOfBatch = (
  vectors: unknown,
  mustHave: (what: string, length: number) => void,
): ((index: number) => unknown) => {
  if (Array.isArray(vectors)) {
    mustHave('vectors', vectors.length);
    return (index) => vectors[index] as unknown;
  }
  if (!isObject(vectors)) throw formatError('data did not match any variant of untagged enum BatchVectorStruct');
  const lists = Object.entries(vectors).map(([name, list]) => {
    if (!Array.isArray(list)) throw formatError('data did not match any variant of untagged enum BatchVectorStruct');
    mustHave(`vectors for '${name}'`, list.length);
    return [name, list as unknown[]] as const;
  });
  return (index) => Object.fromEntries(lists.map(([name, list]) => [name, list[index]]));
};

const placeOfVector = (index: number): string => `points[${index}].vector.?.`;

const inputOf = (collection: Collection, id: string, { vector, payload }: GivenPoint, index: number): RecordInput => ({
  id,
  ...vectorsIn(collection, vector, index),
  metadata: payload ?? {},
});

/** Without a vector with a name the list of them is left out: then a record must have the one without. */
const vectorsIn = (collection: Collection, input: unknown, index: number): Partial<PointVectors> => {
  const { vector, vectors } = vectorsOf(collection, input, placeOfVector(index));
  return vector !== undefined && Object.keys(vectors).length === 0 ? { vector } : { vector, vectors };
};

const mustBeVectors = (collection: Collection, { vector, vectors }: PointVectors, limits: RecordLimits): void => {
  mustBeStorable(collection, [{ vector, vectors }], limits);
};
