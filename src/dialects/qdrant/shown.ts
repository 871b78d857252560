import type { Collection } from '../../collections/collection';
import { directionOf } from '../../collections/advanced/vector-math';
import { presentParts, type RecordRow } from '../../collections/records/record-rows';
import type { Include, VectorHit } from '../../collections/vector-store.port';
import { isObject } from '../../common/filter/values';
import { formatError, noSuchVector, wrongInput } from './errors';
import { quoted } from './exact-json';
import { excluding, including, payloadPath, type PayloadPath, type PayloadSelector } from './payload-path';
import { pointIdOf, type PointId } from './point-id';

/** What a client wants to see of each point. */
export interface Shown {
  readonly include: Include;
  readonly payload: PayloadSelector | undefined;
  readonly vector: boolean;
}

interface Asked {
  readonly with_payload?: unknown;
  readonly with_vector?: unknown;
}

const FULL_PAYLOAD: PayloadSelector = (payload) => payload;

export const shownOf = (asked: Asked, payloadByDefault: boolean): Shown => {
  const payload = selectorOf(asked.with_payload ?? payloadByDefault);
  const vector = wantsVector(asked.with_vector);
  return { payload, vector, include: { metadata: payload !== undefined, text: false, vector } };
};

const selectorOf = (wanted: unknown): PayloadSelector | undefined => {
  if (typeof wanted === 'boolean') return wanted ? FULL_PAYLOAD : undefined;
  if (Array.isArray(wanted)) return including(pathsOf(wanted));
  if (isObject(wanted) && Array.isArray(wanted['include'])) return including(pathsOf(wanted['include']));
  if (isObject(wanted) && Array.isArray(wanted['exclude'])) return excluding(pathsOf(wanted['exclude']));
  throw formatError('data did not match any variant of untagged enum WithPayloadInterface');
};

/** Each is compared with each key of a payload. */
const MAX_PATHS = 100;

const pathsOf = (paths: readonly unknown[]): PayloadPath[] => {
  if (paths.length > MAX_PATHS) throw wrongInput(`with_payload names at most ${MAX_PATHS} keys`);
  return paths.map((path) => payloadPath(path));
};

const wantsVector = (wanted: unknown): boolean => {
  if (wanted === undefined || wanted === null) return false;
  if (typeof wanted === 'boolean') return wanted;
  if (!Array.isArray(wanted)) throw formatError('data did not match any variant of untagged enum WithVector');
  const named: unknown = wanted.find((name) => name !== '');
  if (named !== undefined) throw noSuchVector(quoted(named));
  return wanted.length > 0;
};

export interface ShownPoint {
  readonly id: PointId;
  readonly payload?: Record<string, unknown>;
  readonly vector?: readonly number[];
}

type Parts = Pick<VectorHit, 'metadata' | 'vector'>;

const partsOf = ({ metric }: Collection, { metadata, vector }: Parts, shown: Shown): Omit<ShownPoint, 'id'> => ({
  ...(shown.payload ? { payload: shown.payload(metadata ?? {}) } : {}),
  // Qdrant keeps vectors of this metric in the length 1, and returns them so.
  ...(shown.vector && vector ? { vector: (metric === 'cosine' ? directionOf(vector) : vector).map(asFloat32) } : {}),
});

/** Nine digits tell every 32-bit float from its neighbours. */
const asFloat32 = (value: number): number => Number(Math.fround(value).toPrecision(9));

/** A record as a point; none where its id is no point's. */
export const pointOf = (collection: Collection, row: RecordRow, shown: Shown): ShownPoint[] => {
  const id = pointIdOf(row.id);
  return id === undefined ? [] : [{ id, ...partsOf(collection, presentParts(row), shown) }];
};

/** A hit as a scored point. */
export const scoredOf = (collection: Collection, hit: VectorHit, shown: Shown): object[] => {
  const id = pointIdOf(hit.id);
  if (id === undefined) return [];
  return [{ id, version: hit.version, score: hit.score, ...partsOf(collection, hit, shown) }];
};
