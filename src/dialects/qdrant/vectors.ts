import type { Collection } from '../../collections/collection';
import { isObject } from '../../common/filter/values';
import { quoted } from './exact-json';
import { formatError, noSuchVector, unsupported, wrongDimension, wrongInput } from './errors';

/** The vector without a name, of the collection's dimension. Throws for any other kind. */
export const vectorOf = (collection: Collection, input: unknown): number[] => {
  const vector = unnamed(input);
  if (vector === undefined) throw formatError('missing field `vector`');
  if (!Array.isArray(vector)) throw noVector();
  if (vector.some((each) => Array.isArray(each)))
    throw wrongInput('Conversion between multi and regular vectors failed');
  const numbers = (vector as unknown[]).map(numberOf);
  if (numbers.length !== collection.dimension) throw wrongDimension(collection.dimension, numbers.length);
  return numbers;
};

/** `{"": […]}` is the vector without a name, too. */
const unnamed = (input: unknown): unknown => {
  if (!isObject(input)) return input;
  if ('indices' in input) throw wrongInput('Conversion between sparse and regular vectors failed');
  if ('text' in input || 'image' in input || 'object' in input) throw unsupported('Inference is');
  const names = Object.keys(input);
  const named = names.find((name) => name !== '');
  if (named !== undefined) throw noSuchVector(named);
  return input[''];
};

const numberOf = (value: unknown): number => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  throw noVector();
};

const noVector = () => formatError('data did not match any variant of untagged enum VectorStruct');

/** Throws where another vector than the one without a name is requested. */
export const mustBeUnnamed = (name: unknown): void => {
  if (name === undefined || name === null || name === '') return;
  throw noSuchVector(quoted(name));
};
