import { Injectable } from '@nestjs/common';
import type { Collection } from '../../collections/collection';
import { CollectionsService } from '../../collections/collections.service';
import { PointsService } from '../../collections/points/points.service';
import type { RecordInput } from '../../collections/records/record-input';
import type { Selection } from '../../collections/records/records.repository';
import { RecordsService } from '../../collections/records/records.service';
import type { Scope } from '../../common/scope';
import { badRequest, formatError, pointMissing, unsupported, validationError } from './errors';
import { placeOf, withValues, without } from './payload-path';
import { recordIdOf } from './point-id';
import type { DeletePayloadBody, SelectorBody, SetPayloadBody, UpsertBody, VectorsBody } from './schemas';
import { NO_SELECTOR, selectionOf } from './selection';
import { vectorOf } from './vectors';

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

/** The writes on points, each by ZeroDB's own services. */
@Injectable()
export class PointUpdates {
  constructor(
    private readonly collections: CollectionsService,
    private readonly records: RecordsService,
    private readonly points: PointsService,
  ) {}

  /** Of two points with one id the last counts. */
  async upsert({ scope, collection: name, signal }: Target, body: UpsertBody): Promise<void> {
    const given = pointsIn(body);
    const collection = await this.collections.resolve(scope, name);
    const records = new Map(given.map((point) => [recordIdOf(point.id), point]));
    const inputs = [...records].map(([id, point]) => inputOf(collection, id, point));
    if (inputs.length === 0) throw badRequest('Empty update request');
    const most = this.records.limits.maxRecords;
    for (let from = 0; from < inputs.length; from += most) {
      await this.records.upsert(scope, name, inputs.slice(from, from + most), signal);
    }
  }

  async delete({ scope, collection }: Target, body: SelectorBody): Promise<void> {
    await this.records.deleteMany(scope, collection, selectionOf(body, NO_SELECTOR));
  }

  async setPayload(target: Target, body: SetPayloadBody): Promise<void> {
    const place = body.key === undefined || body.key === null ? [] : placeOf(body.key);
    const change = (payload: Record<string, unknown>) => withValues(payload, body.payload, place);
    await this.edit(target, selectionOf(body), change);
  }

  /** All of the payload, whatever `key` says: as Qdrant has it. */
  async overwritePayload(target: Target, body: SetPayloadBody): Promise<void> {
    await this.edit(target, selectionOf(body), () => body.payload);
  }

  async deletePayload(target: Target, body: DeletePayloadBody): Promise<void> {
    const places = body.keys.map(placeOf);
    const change = (payload: Record<string, unknown>) => without(payload, places);
    await this.edit(target, selectionOf(body), change);
  }

  async clearPayload(target: Target, body: SelectorBody): Promise<void> {
    await this.edit(target, selectionOf(body, NO_SELECTOR), () => ({}));
  }

  async updateVectors({ scope, collection: name, signal }: Target, body: VectorsBody): Promise<void> {
    const collection = await this.collections.resolve(scope, name);
    const changes = body.points.map(({ id, vector }) => ({ id: recordIdOf(id), vector: vectorOf(collection, vector) }));
    for (const { id, vector } of changes) {
      await this.records.patch(scope, name, id, { vector }, undefined, signal);
    }
  }

  /** Existing points are changed, also when another id is missing: as Qdrant has it. */
  private async edit(
    { scope, collection, signal }: Target,
    selection: Selection,
    change: (payload: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<void> {
    const found = await this.points.edit(scope, collection, selection, change, signal);
    const missing = selection.ids?.find((id) => !found.has(id));
    if (missing !== undefined) throw pointMissing(missing);
  }
}

const pointsIn = (body: UpsertBody): readonly GivenPoint[] => {
  for (const option of ['update_filter', 'update_mode'] as const) {
    if (body[option] !== undefined && body[option] !== null) throw unsupported(`"${option}" is`);
  }
  if (body.points !== undefined) return body.points;
  if (body.batch === undefined) throw formatError('Invalid PointInsertOperations format');
  const { ids, vectors, payloads } = body.batch;
  if (!Array.isArray(vectors)) throw unsupported('A batch of named vectors is');
  const mustHave = (what: string, length: number): void => {
    if (length === ids.length) return;
    throw validationError('batch.batch', `number of ids and ${what} must be equal (${ids.length} != ${length})`);
  };
  mustHave('vectors', vectors.length);
  if (payloads) mustHave('payloads', payloads.length);
  return ids.map((id, index) => ({ id, vector: vectors[index] as unknown, payload: payloads?.[index] }));
};

const inputOf = (collection: Collection, id: string, { vector, payload }: GivenPoint): RecordInput => ({
  id,
  vector: vectorOf(collection, vector),
  metadata: payload ?? {},
});
