import { invalid, type Fault } from '../../common/errors';
import {
  MOST_ENTRIES,
  MOST_NAMED_NUMBERS,
  MOST_QUERY_NUMBERS,
  spaceOf,
  type NamedVector,
  type NamedVectorSettings,
  type VectorSpace,
} from '../named-vectors';
import type { Collection } from '../collection';
import { decodeVector, mustBeVector, vectorFaults } from './vector-input';

/** Numbers, or base64 of little-endian float32 values. */
type Numbers = string | readonly number[] | Float32Array;

export interface SparseInput {
  readonly indices: readonly number[];
  readonly values: readonly number[];
}

/** As it is sent: a vector, a list of vectors, or a sparse one. */
export type NamedInput = Numbers | readonly Numbers[] | SparseInput;

type Settled = Pick<Collection, 'settings'>;

const MAX_INDEX = 2 ** 32 - 1;
const MAX_FLOAT32 = 3.4028234663852886e38;

/** What keeps them from being the collection's. */
export function namedFaults(collection: Settled, vectors: Readonly<Record<string, NamedInput>>, path: string): Fault[] {
  const faults: Fault[] = [];
  for (const [name, input] of Object.entries(vectors)) {
    const at = `${path}/${pointerStep(name)}`;
    const space = spaceOf(collection, name);
    if (!space) faults.push({ path: at, message: 'is not the name of a vector of the collection' });
    else faults.push(...inputFaults(space, input, at));
  }
  const numbers = numbersUnderNames(vectors);
  if (numbers > MOST_NAMED_NUMBERS) {
    faults.push({ path, message: `has ${numbers} numbers; a record holds up to ${MOST_NAMED_NUMBERS} under names` });
  }
  return faults;
}

/** The vectors that were sent, which are without faults. */
export const namedVectorsOf = (collection: Settled, vectors: Readonly<Record<string, NamedInput>>): NamedVector[] =>
  Object.entries(vectors).flatMap(([name, input]) => {
    const space = spaceOf(collection, name);
    return space ? [decoded(space, name, input)] : [];
  });

/** A vector to search by. A list of numbers alone is a multivector of one row. Throws `invalid` at `path`. */
export function mustBeNamed(space: VectorSpace, name: string, input: NamedInput, path: string): NamedVector {
  const asSent = space.kind === 'multi' && isNumbers(input) ? [input] : input;
  const faults = inputFaults(space, asSent, path);
  if (numbersIn(asSent) > MOST_QUERY_NUMBERS) {
    faults.push({ path, message: `has more than ${MOST_QUERY_NUMBERS} numbers` });
  }
  if (faults.length > 0) throw invalid(`The vector does not match "${name}".`, faults);
  return decoded(space, name, asSent);
}

const pointerStep = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

const isSparse = (input: NamedInput): input is SparseInput => typeof input === 'object' && 'indices' in input;

/** An empty list is a vector without numbers. */
const isNumbers = (input: NamedInput): input is Numbers =>
  typeof input === 'string' || input instanceof Float32Array || (Array.isArray(input) && !isList(input));

const isList = (input: readonly unknown[]): boolean => input.length > 0 && typeof input[0] !== 'number';

function numbersIn(input: NamedInput): number {
  if (typeof input === 'string') return numbersInBase64(input);
  if (isSparse(input)) return input.indices.length + input.values.length;
  if (isNumbers(input)) return input.length;
  return input.reduce((sum, row) => sum + (typeof row === 'string' ? numbersInBase64(row) : row.length), 0);
}

/** Three bytes in four characters, four bytes a number. */
const numbersInBase64 = ({ length }: string): number => Math.floor((length * 3) / 16);

/** Numbers of all of them, whether they are the collection's or not. */
export const numbersUnderNames = (vectors: Readonly<Record<string, NamedInput>>): number =>
  Object.values(vectors).reduce<number>((sum, input) => sum + numbersIn(input), 0);

function inputFaults(space: VectorSpace, input: NamedInput, path: string): Fault[] {
  switch (space.kind) {
    case 'sparse':
      return isSparse(input) ? sparseFaults(input, path) : [{ path, message: 'is not a sparse vector' }];
    case 'dense':
      return isNumbers(input) ? vectorFaults(space, input, path) : [{ path, message: 'is not one vector of numbers' }];
    case 'multi':
      if (isSparse(input) || isNumbers(input)) return [{ path, message: 'is not a list of vectors' }];
      return rowFaults(space, input, path);
  }
}

/** The first row with a fault is enough. */
function rowFaults(space: NamedVectorSettings, rows: readonly Numbers[], path: string): Fault[] {
  for (const [index, row] of rows.entries()) {
    const isRow = typeof row === 'string' || row instanceof Float32Array || Array.isArray(row);
    const faults = isRow
      ? vectorFaults(space, row, `${path}/${index}`)
      : [{ path: `${path}/${index}`, message: 'is not a vector' }];
    if (faults.length > 0) return faults;
  }
  return [];
}

function sparseFaults({ indices, values }: SparseInput, path: string): Fault[] {
  if (indices.length !== values.length) {
    return [{ path, message: `has ${indices.length} indices and ${values.length} values` }];
  }
  if (indices.length > MOST_ENTRIES) return [{ path, message: `has more than ${MOST_ENTRIES} entries` }];
  const wrong = indices.findIndex((index) => !Number.isInteger(index) || index < 0 || index > MAX_INDEX);
  if (wrong >= 0) return [{ path: `${path}/indices/${wrong}`, message: 'is not an integer of 32 bits without a sign' }];
  if (new Set(indices).size < indices.length) return [{ path: `${path}/indices`, message: 'names an index twice' }];
  const infinite = values.findIndex((value) => !(Math.abs(value) <= MAX_FLOAT32));
  return infinite < 0 ? [] : [{ path: `${path}/values/${infinite}`, message: 'is not a finite 32-bit number' }];
}

function decoded(space: VectorSpace, name: string, input: NamedInput): NamedVector {
  if (space.kind === 'sparse') return { name, kind: 'sparse', ...inOrder(input as SparseInput) };
  if (space.kind === 'dense') return { name, kind: 'dense', values: mustBeVector(space, input as Numbers, '') };
  return { name, kind: 'multi', rows: (input as readonly Numbers[]).map((row) => decodeVector(row) ?? []) };
}

/** By index, as it is shown. */
function inOrder({ indices, values }: SparseInput): SparseInput {
  const entries = indices.map((index, at) => [index, values[at] ?? 0] as const).sort(([a], [b]) => a - b);
  return { indices: entries.map(([index]) => index), values: entries.map(([, value]) => value) };
}
