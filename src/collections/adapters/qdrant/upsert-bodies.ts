import { float32Json } from '../../../common/float32-json';
import type { Copy, FollowedRecord } from '../../../followers/follower-target.port';
import { qdrantFault } from './errors';
import { TooManyFacts } from './facts';
import { payloadOf } from './payload';
import { pointIdOf } from './point-id';
import { guardOf } from './version-guard';

/** Of one request; Qdrant takes 32 MiB, but a batch blocks what comes after it. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** A point that no request can hold. */
const MAX_POINT_BYTES = 30 * 1024 * 1024;
/** Conditions of the guard grow with the records. */
const MAX_BATCH_RECORDS = 500;

interface EncodedPoint {
  readonly pointId: string;
  readonly version: number;
  readonly json: string;
}

/** The bodies of the requests that write these records, each only over the same or an older version. */
export function* upsertBodies(copy: Copy, records: readonly FollowedRecord[]): Generator<string> {
  let batch: EncodedPoint[] = [];
  let bytes = 0;
  for (const record of newestOfEach(records)) {
    const point = encode(copy, record);
    const size = Buffer.byteLength(point.json);
    if (size > MAX_POINT_BYTES) throw tooLarge(record);
    if (batch.length > 0 && (bytes + size > MAX_BATCH_BYTES || batch.length >= MAX_BATCH_RECORDS)) {
      yield bodyOf(batch);
      [batch, bytes] = [[], 0];
    }
    batch.push(point);
    bytes += size;
  }
  if (batch.length > 0) yield bodyOf(batch);
}

function newestOfEach(records: readonly FollowedRecord[]): Iterable<FollowedRecord> {
  const newest = new Map<string, FollowedRecord>();
  for (const record of records) {
    if ((newest.get(record.id)?.version ?? -1) <= record.version) newest.set(record.id, record);
  }
  return newest.values();
}

function encode(copy: Copy, record: FollowedRecord): EncodedPoint {
  const pointId = pointIdOf(record.id);
  // A record without a vector is a point without one: it is found by nobody, and compared like all others.
  const vector = record.vector.length === 0 ? '{}' : `[${float32Json(record.vector)}]`;
  const json = `{"id":"${pointId}","vector":${vector},"payload":${payloadJson(copy, record)}}`;
  return { pointId, version: record.version, json };
}

function payloadJson(copy: Copy, record: FollowedRecord): string {
  try {
    return JSON.stringify(payloadOf(copy, record));
  } catch (error) {
    throw error instanceof TooManyFacts ? tooLarge(record) : error;
  }
}

const tooLarge = (record: FollowedRecord): Error =>
  qdrantFault('rejected', `The record "${record.id}" is too large for Qdrant: its metadata has too many values.`);

const bodyOf = (batch: readonly EncodedPoint[]): string =>
  `{"points":[${batch.map(({ json }) => json).join(',')}],"update_filter":${JSON.stringify(guardOf(batch))}}`;
