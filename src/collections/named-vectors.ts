import { invalidAt } from '../common/errors';
import type { Metric } from './metric';

/** A vector of a record beside the one without a name: one of numbers (`dense`), or a list of such (`multi`). */
export interface NamedVectorSettings {
  readonly dimension: number;
  readonly metric: Metric;
  readonly kind: 'dense' | 'multi';
}

export interface SparseVectorSettings {
  /** `idf`: what is rare in the collection counts more, as in BM25. */
  readonly modifier?: 'idf' | undefined;
}

/** Names of both kinds are one set. */
export interface NamedSettings {
  readonly vectors?: Readonly<Record<string, NamedVectorSettings>>;
  readonly sparse_vectors?: Readonly<Record<string, SparseVectorSettings>>;
}

/** What a name stands for in a collection. Sparse vectors are compared by their dot product. */
export type VectorSpace = NamedVectorSettings | { readonly kind: 'sparse'; readonly idf: boolean };

/** Of a collection; each is read with every record that is compared. */
export const MOST_NAMED_VECTORS = 32;
/** Numbers of all named vectors of a record: a page of text of ColPali has 131,840. A sparse vector has two for each entry. */
export const MOST_NAMED_NUMBERS = 262_144;
/** Numbers under names of all records of one call: some 40 MB as they are sent to Postgres. */
export const MOST_NAMED_NUMBERS_IN_CALL = 4_000_000;
/** Numbers of one query: each of its vectors is compared with each of every record. */
export const MOST_QUERY_NUMBERS = 65_536;
/** Entries of a sparse vector. */
export const MOST_ENTRIES = 16_384;
/** Numbers of vectors in one page of records. */
const MOST_NUMBERS_IN_PAGE = 16_000_000;

export type NamedVector =
  | { readonly name: string; readonly kind: 'dense'; readonly values: ArrayLike<number> }
  | { readonly name: string; readonly kind: 'multi'; readonly rows: readonly ArrayLike<number>[] }
  | {
      readonly name: string;
      readonly kind: 'sparse';
      readonly indices: readonly number[];
      readonly values: readonly number[];
    };

/** pgvector's text form. */
export const vectorText = (values: ArrayLike<number>): string => `[${Array.prototype.join.call(values, ',')}]`;

/** A vector with a name as it is shown: of numbers, of rows, or sparse. */
export type ShownVector =
  | readonly number[]
  | readonly (readonly number[])[]
  | { readonly indices: readonly number[]; readonly values: readonly number[] };

export type ShownVectors = Readonly<Record<string, ShownVector>>;

/** Of all of them. */
export const numbersShown = (vectors: ShownVectors): number =>
  Object.values(vectors).reduce((sum, vector) => {
    if ('indices' in vector) return sum + vector.indices.length + vector.values.length;
    return vector.reduce<number>((count, part) => count + (typeof part === 'number' ? 1 : part.length), sum);
  }, 0);

/** What is asked of a collection here. */
interface Settled {
  readonly settings: NamedSettings;
}

interface Shaped extends Settled {
  readonly dimension: number;
}

export const spaceOf = ({ settings }: Settled, name: string): VectorSpace | undefined => {
  const { vectors = {}, sparse_vectors: sparse = {} } = settings;
  if (Object.hasOwn(vectors, name)) return vectors[name];
  return Object.hasOwn(sparse, name) ? { kind: 'sparse', idf: sparse[name]?.modifier === 'idf' } : undefined;
};

export const namesOf = ({ settings }: Settled): string[] => [
  ...Object.keys(settings.vectors ?? {}),
  ...Object.keys(settings.sparse_vectors ?? {}),
];

export const metricOf = (space: VectorSpace): Metric => (space.kind === 'sparse' ? 'dot' : space.metric);

/** Numbers of all vectors of one record at most. */
export const mostNumbersOf = (collection: Shaped): number => {
  const spaces = namesOf(collection).flatMap((name) => spaceOf(collection, name) ?? []);
  const named = spaces.reduce((sum, space) => sum + numbersOf(space), 0);
  return collection.dimension + Math.min(MOST_NAMED_NUMBERS, named);
};

const numbersOf = (space: VectorSpace): number => {
  if (space.kind === 'sparse') return 2 * MOST_ENTRIES;
  return space.kind === 'multi' ? MOST_NAMED_NUMBERS : space.dimension;
};

/** Throws `invalid` where so many records with their named vectors are too much for one answer. */
export function mustFitWithVectors(
  collection: Shaped,
  include: { readonly vectors?: boolean },
  limit: number,
  path = '/limit',
): void {
  const most = mostWithVectors(collection);
  if (!include.vectors || namesOf(collection).length === 0 || limit <= most) return;
  throw invalidAt(path, `With "vectors" an answer holds up to ${most} records of this collection.`);
}

/** Records of one page that has their named vectors. */
export const mostWithVectors = (collection: Shaped): number =>
  Math.max(1, Math.floor(MOST_NUMBERS_IN_PAGE / Math.max(1, mostNumbersOf(collection))));
