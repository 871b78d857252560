import { parseInstant } from '../../../common/filter';
import type { CopiedEntry, CopiedRecord, Copy, FollowedRecord } from '../../../followers/follower-target.port';
import { FACTS } from './fact-keys';
import { factsOf, type Facts } from './facts';
import { formatInstant } from './instant-text';
import { handleOf, pointIdOf } from './point-id';
import type { Schemas } from './qdrant-schemas';

/** What a point holds of its record, enough to answer a search without Postgres. */
export interface Payload {
  readonly id: string;
  readonly version: number;
  readonly project: number;
  readonly digest: string;
  /** As JSON text: no number loses a digit, and Qdrant has no tree to keep. */
  readonly metadata: string;
  readonly text?: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly [FACTS]: Facts;
}

/** A point as Qdrant answers it; nothing of its payload is certain. */
export type AnsweredPoint = Readonly<Pick<Schemas['Record'], 'id' | 'payload' | 'vector'>>;

/** The fields that tell which record, and which state of it, a point is. */
export const ENTRY_FIELDS = ['id', 'version', 'project', 'digest'];

/** Throws `TooManyFacts`. */
export function payloadOf(copy: Copy, record: FollowedRecord): Payload {
  return {
    id: record.id,
    version: record.version,
    project: copy.projectId,
    digest: record.digest,
    metadata: JSON.stringify(record.metadata),
    ...(record.text === null ? {} : { text: record.text }),
    created_at: instantOf(record.createdAt),
    updated_at: instantOf(record.updatedAt),
    [FACTS]: factsOf(record),
  };
}

/** Whatever does not stand where its record would stand is named by its point, so that it can be removed. */
export function entryOf(point: AnsweredPoint): CopiedEntry {
  const { id, version, project, digest } = point.payload ?? {};
  const isOurs = typeof id === 'string' && pointIdOf(id) === point.id;
  return {
    id: isOurs ? id : handleOf(String(point.id)),
    version: typeof version === 'number' ? version : 0,
    projectId: typeof project === 'number' ? project : 0,
    digest: typeof digest === 'string' ? digest : '',
  };
}

export function recordOf(point: AnsweredPoint): CopiedRecord {
  return {
    ...entryOf(point),
    vector: Array.isArray(point.vector) ? (point.vector as number[]) : [],
    text: textOf(point.payload),
    metadata: metadataOf(point.payload),
  };
}

export const textOf = (payload: AnsweredPoint['payload']): string | null => {
  const text = payload?.['text'];
  return typeof text === 'string' ? text : null;
};

/** Damaged metadata reads as none: what the copy says of itself is compared with the record anyway. */
export function metadataOf(payload: AnsweredPoint['payload']): Record<string, unknown> {
  try {
    const metadata: unknown = JSON.parse(String(payload?.['metadata']));
    return typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function instantOf(time: Date | string): string {
  const instant = parseInstant(typeof time === 'string' ? time : time.toISOString());
  if (instant === undefined) throw new Error(`"${String(time)}" is no RFC 3339 date-time.`);
  return formatInstant(instant);
}
