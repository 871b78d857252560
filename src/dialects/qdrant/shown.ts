import type { Collection } from '../../collections/collection';
import { directionOf } from '../../collections/advanced/vector-math';
import type { Metric } from '../../collections/metric';
import { namesOf, spaceOf, type ShownVector } from '../../collections/named-vectors';
import { presentParts, type RecordRow } from '../../collections/records/record-rows';
import type { Include, VectorHit } from '../../collections/vector-store.port';
import { isObject } from '../../common/filter/values';
import { formatError, wrongInput } from './errors';
import { READ_AT_ONCE } from './limits';
import { excluding, including, payloadPath, type PayloadPath, type PayloadSelector } from './payload-path';
import { pointIdOf, type PointId } from './point-id';
import { allNamesOf, nameOf, UNNAMED } from './vectors';

/** What a client wants to see of each point. */
export interface Shown {
  readonly include: Required<Include>;
  readonly payload: PayloadSelector | undefined;
  /** The names of the vectors, `''` among them; `undefined`: no word about vectors. */
  readonly vectors: readonly string[] | undefined;
}

interface Asked {
  readonly with_payload?: unknown;
  readonly with_vector?: unknown;
}

const FULL_PAYLOAD: PayloadSelector = (payload) => payload;

export const shownOf = (collection: Collection, asked: Asked, payloadByDefault: boolean): Shown => {
  const payload = selectorOf(asked.with_payload ?? payloadByDefault);
  const vectors = vectorNames(collection, asked.with_vector);
  const include = {
    metadata: payload !== undefined,
    text: false,
    vector: vectors?.includes(UNNAMED) ?? false,
    vectors: vectors?.some((name) => name !== UNNAMED) ?? false,
  };
  return { payload, vectors, include };
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

const vectorNames = (collection: Collection, wanted: unknown): string[] | undefined => {
  if (wanted === undefined || wanted === null || wanted === false) return undefined;
  if (wanted === true) return allNamesOf(collection);
  if (!Array.isArray(wanted)) throw formatError('data did not match any variant of untagged enum WithVector');
  return [...new Set(wanted.map((name) => nameOf(collection, name)))];
};

type ShownPointVector = ShownVector | Readonly<Record<string, ShownVector>>;

export interface ShownPoint {
  readonly id: PointId;
  readonly payload?: Record<string, unknown>;
  readonly vector?: ShownPointVector;
}

type Parts = Pick<VectorHit, 'metadata' | 'vector' | 'vectors'>;

const partsOf = (collection: Collection, parts: Parts, shown: Shown): Omit<ShownPoint, 'id'> => ({
  ...(shown.payload ? { payload: shown.payload(parts.metadata ?? {}) } : {}),
  ...(shown.vectors ? { vector: shownVector(collection, parts, shown.vectors) } : {}),
});

/** The vector without a name alone stands without it. */
const shownVector = (collection: Collection, parts: Parts, names: readonly string[]): ShownPointVector => {
  const found = names.flatMap((name) => {
    const vector = name === UNNAMED ? parts.vector : parts.vectors?.[name];
    return vector === undefined ? [] : [[name, asQdrantKeeps(metricOf(collection, name), vector)] as const];
  });
  const [first, ...others] = found;
  return first?.[0] === UNNAMED && others.length === 0 ? first[1] : Object.fromEntries(found);
};

const metricOf = (collection: Collection, name: string): Metric | undefined => {
  if (name === UNNAMED) return collection.metric;
  const space = spaceOf(collection, name);
  return space === undefined || space.kind === 'sparse' ? undefined : space.metric;
};

/** Qdrant keeps vectors of the cosine in the length 1, and returns them so. */
const asQdrantKeeps = (metric: Metric | undefined, vector: ShownVector): ShownVector => {
  const kept = (row: readonly number[]): number[] => (metric === 'cosine' ? directionOf(row) : row).map(asFloat32);
  if ('indices' in vector) return { indices: vector.indices, values: vector.values.map(asFloat32) };
  if (typeof vector[0] === 'number') return kept(vector as readonly number[]);
  return (vector as readonly (readonly number[])[]).map(kept);
};

/** Nine digits tell every 32-bit float from its neighbours. */
const asFloat32 = (value: number): number => Number(Math.fround(value).toPrecision(9));

/** Whether the vectors that are shown have names. */
const showsNamed = (collection: Collection, { vectors }: Shown): boolean =>
  vectors !== undefined && namesOf(collection).length > 0;

/** Whether what is shown is read once the points are known: vectors with names, and payloads that may be too much. */
export const isReadApart = (collection: Collection, shown: Shown, points: number): boolean =>
  showsNamed(collection, shown) || (shown.include.metadata && points > READ_AT_ONCE);

/** A record as a point; none where its id is no point's. */
export const pointOf = (collection: Collection, row: RecordRow, shown: Shown): ShownPoint[] => {
  const id = pointIdOf(row.id);
  return id === undefined ? [] : [{ id, ...partsOf(collection, presentParts(row), shown) }];
};

/** A hit as a scored point. */
export const scoredOf = (collection: Collection, hit: RankedHit, shown: Shown): object[] => {
  const id = pointIdOf(hit.id);
  if (id === undefined) return [];
  const { orderValue } = hit;
  return [
    {
      id,
      version: hit.version,
      score: hit.score,
      ...partsOf(collection, hit, shown),
      ...(orderValue === undefined ? {} : { order_value: orderValue }),
    },
  ];
};

/** A hit, and the value it was ordered by where it was. */
export type RankedHit = VectorHit & { readonly orderValue?: number | string };
