import type { Collection } from '../../collections/collection';
import { MOST_ENTRIES, MOST_NAMED_NUMBERS, namesOf, spaceOf, type VectorSpace } from '../../collections/named-vectors';
import type { SparseInput } from '../../collections/records/named-input';
import { isObject } from '../../common/filter/values';
import { quoted } from './exact-json';
import { formatError, noSuchVector, unsupported, validationError, wrongDimension, wrongInput } from './errors';

type Rows = readonly (readonly number[])[];

/** The vectors of a point, as a record has them. */
export interface PointVectors {
  readonly vector?: readonly number[];
  readonly vectors: Readonly<Record<string, readonly number[] | Rows | SparseInput>>;
}

/** A vector to search by. */
export type QueryVector = { readonly vector: readonly number[] | Rows } | { readonly sparse: SparseInput };

/** The name of the vector without a name. */
export const UNNAMED = '';

/** What a client calls a vector of the collection by. Throws where there is none. */
export const nameOf = (collection: Collection, name: unknown): string => {
  const known = name === undefined || name === null ? UNNAMED : name;
  if (typeof known !== 'string') throw formatError(`invalid type: ${quoted(name)}, expected a string`);
  if (known === UNNAMED ? collection.dimension > 0 : spaceOf(collection, known) !== undefined) return known;
  throw noSuchVector(quoted(known));
};

/** All that a client may name. */
export const allNamesOf = (collection: Collection): string[] => [
  ...(collection.dimension > 0 ? [UNNAMED] : []),
  ...namesOf(collection),
];

/** Those that were sent with a point. `at`: where it stands, for Qdrant's errors. Throws those. */
export const vectorsOf = (collection: Collection, input: unknown, at = ''): PointVectors => {
  if (input === undefined) throw formatError('missing field `vector`');
  const given: Readonly<Record<string, unknown>> = isNames(input) ? input : { [UNNAMED]: input };
  const read = Object.entries(given).map(([name, each]) => [nameOf(collection, name), each] as const);
  const { [UNNAMED]: unnamed, ...named } = Object.fromEntries(read);
  const vectors = Object.entries(named).map(
    ([name, each]) => [name, vectorOf(spaceIn(collection, name), each, at)] as const,
  );
  return {
    ...(unnamed === undefined ? {} : { vector: denseOf(unnamedSpace(collection), unnamed) }),
    vectors: Object.fromEntries(vectors),
  };
};

/** A vector of this name to search by. */
export const queryVectorOf = (collection: Collection, name: string, input: unknown): QueryVector => {
  if (isObject(input) && !('indices' in input)) throw refusedInput(input);
  const value = vectorOf(spaceIn(collection, name), input, '');
  return 'indices' in value ? { sparse: value } : { vector: value };
};

/** Sent without names: numbers, or what no collection of the dialect has. */
const isNames = (input: unknown): input is Record<string, unknown> => {
  if (!isObject(input)) return false;
  if ('indices' in input && Array.isArray(input['indices'])) {
    throw wrongInput('Conversion between sparse and regular vectors failed');
  }
  if ('text' in input && typeof input['text'] === 'string') throw unsupported('Inference is');
  return true;
};

const refusedInput = (input: Record<string, unknown>) => {
  if ('text' in input || 'image' in input || 'object' in input) return unsupported('Inference is');
  return formatError('Expected some form of vector, id, or a type of query');
};

const unnamedSpace = ({ dimension, metric }: Collection) => ({ kind: 'dense', dimension, metric }) as const;

const spaceIn = (collection: Collection, name: string): VectorSpace => {
  const space = name === UNNAMED ? unnamedSpace(collection) : spaceOf(collection, name);
  if (!space || (space.kind !== 'sparse' && space.dimension === 0)) throw noSuchVector(quoted(name));
  return space;
};

const vectorOf = (space: VectorSpace, input: unknown, at: string): readonly number[] | Rows | SparseInput => {
  if (space.kind === 'sparse') return sparseOf(input, at);
  return space.kind === 'dense' ? denseOf(space, input) : rowsOf(space, input);
};

const denseOf = ({ dimension }: { readonly dimension: number }, input: unknown): number[] => {
  if (isObject(input)) {
    if ('indices' in input) throw wrongInput('Conversion between sparse and regular vectors failed');
    throw refusedInput(input);
  }
  if (!Array.isArray(input)) throw noVector();
  if (input.some((each) => Array.isArray(each)))
    throw wrongInput('Conversion between multi and regular vectors failed');
  const numbers = (input as unknown[]).map(numberOf);
  if (numbers.length !== dimension) throw wrongDimension(dimension, numbers.length);
  return numbers;
};

/** One vector alone is a list of one. */
const rowsOf = (space: { readonly dimension: number }, input: unknown): Rows => {
  if (!Array.isArray(input))
    throw isObject(input) ? wrongInput('Conversion between sparse and regular vectors failed') : noVector();
  const list = input as readonly unknown[];
  if (!Array.isArray(list[0])) return [denseOf(space, list)];
  if (list.length * space.dimension > MOST_NAMED_NUMBERS) {
    throw wrongInput(`ZeroDB keeps at most ${MOST_NAMED_NUMBERS} numbers in the named vectors of a point`);
  }
  const length = list[0].length;
  if (length === 0) throw validationError('data', 'all vectors must be non-empty');
  const odd = list.find((row) => Array.isArray(row) && row.length !== length) as readonly unknown[] | undefined;
  if (odd !== undefined) {
    const found = `found vector with dimension ${odd.length}`;
    throw validationError('data', `all vectors must have the same dimension, ${found}`);
  }
  return list.map((row) => denseOf(space, row));
};

const sparseOf = (input: unknown, at: string): SparseInput => {
  if (!isObject(input) || !('indices' in input)) {
    throw Array.isArray(input) ? wrongInput('Conversion between sparse and regular vectors failed') : noVector();
  }
  const { indices, values } = input;
  if (!Array.isArray(indices) || !Array.isArray(values)) throw noVector();
  const entries = { indices: (indices as unknown[]).map(indexOf), values: (values as unknown[]).map(numberOf) };
  if (new Set(entries.indices).size < entries.indices.length) {
    throw validationError(`${at}indices`, 'Validation error: must be unique [{}]');
  }
  if (entries.indices.length !== entries.values.length) {
    throw validationError(`${at}values`, 'Validation error: must be the same length as indices [{}]');
  }
  if (entries.indices.length > MOST_ENTRIES)
    throw wrongInput(`ZeroDB keeps at most ${MOST_ENTRIES} entries in a vector`);
  return entries;
};

const indexOf = (value: unknown): number => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value;
  throw formatError('Expected some form of vector, id, or a type of query');
};

const numberOf = (value: unknown): number => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw noVector();
};

const noVector = () => formatError('data did not match any variant of untagged enum VectorStruct');
