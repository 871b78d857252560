import { isObject } from '../../common/filter/values';
import type { MemoryScope } from '../../memory/memory';
import { badRequest } from './errors';
import { momentOf } from './moments';

/** A filter of ZeroDB as clients send it. */
export type Raw = Record<string, unknown>;

/** mem0's filters, read. */
export interface ReadFilters {
  /** Ids that every memory must have. */
  readonly scope: MemoryScope;
  /** What else it must satisfy. */
  readonly filter: Raw | undefined;
  /** Whether a user, an agent, an app or a run is named anywhere, `*` included. */
  readonly namesSomebody: boolean;
}

const SCOPE_KEYS: Readonly<Record<string, keyof MemoryScope>> = {
  user_id: 'user_id',
  agent_id: 'agent_id',
  run_id: 'session_id',
};
const ENTITIES = [...Object.keys(SCOPE_KEYS), 'app_id'];

type Convert = (value: unknown, operator: string) => unknown;
const asItIs: Convert = (value) => value;

/** Fields of a memory, and where ZeroDB has them. Any other name is a key of the metadata. */
const FIELDS: Readonly<Record<string, { readonly field: string; readonly convert: Convert }>> = {
  user_id: { field: '@user_id', convert: asItIs },
  agent_id: { field: '@agent_id', convert: asItIs },
  run_id: { field: '@session_id', convert: asItIs },
  id: { field: '@id', convert: asItIs },
  memory_id: { field: '@id', convert: asItIs },
  memory_ids: { field: '@id', convert: asItIs },
  created_at: { field: '@created_at', convert: momentOf },
  updated_at: { field: '@updated_at', convert: momentOf },
  timestamp: { field: '@valid_from', convert: momentOf },
  keywords: { field: '@text', convert: asItIs },
  memory: { field: '@text', convert: asItIs },
};

const OPERATORS: Readonly<Record<string, string>> = {
  eq: '$eq',
  ne: '$ne',
  gt: '$gt',
  gte: '$gte',
  lt: '$lt',
  lte: '$lte',
  in: '$in',
  nin: '$nin',
  not_in: '$nin',
};
const WORDS = ['contains', 'icontains'];
const ANY = '*';
const EVERYTHING: Raw = {};

type Entry = readonly [key: string, value: unknown];

/**
 * `AND`, `OR` and `NOT` over entities, fields and metadata, as the platform and the server take them. Throws for what is no
 * filter; ZeroDB's own reader checks the rest.
 */
export const readFilters = (...parts: readonly unknown[]): ReadFilters => {
  const entries = parts.flatMap((part) => entriesOf(part));
  const scope: Record<string, string> = {};
  const others: Raw[] = [];
  for (const [key, value] of entries) {
    const id = idIn(key, value);
    const name = id === undefined ? undefined : SCOPE_KEYS[key];
    if (id !== undefined && name !== undefined && scope[name] === undefined) scope[name] = id;
    else others.push(conditionOf(key, value));
  }
  const filter = all(others);
  return {
    scope,
    filter: Object.keys(filter).length === 0 ? undefined : filter,
    namesSomebody: entries.some(([key, value]) => namesEntity(key, value)),
  };
};

/** The conditions that must all hold: those of the object, and of each `AND` in it. */
const entriesOf = (input: unknown): Entry[] => {
  if (input === undefined || input === null) return [];
  if (Array.isArray(input)) return (input as unknown[]).flatMap(entriesOf);
  if (!isObject(input)) throw badRequest('filters must be an object.');
  return Object.entries(input).flatMap(([key, value]): Entry[] =>
    isNamed(key, 'AND') ? entriesOf(value) : [[key, value]],
  );
};

const isNamed = (key: string, name: 'AND' | 'OR' | 'NOT'): boolean => key === name || key === `$${name.toLowerCase()}`;

/** The id when the condition says that it is this one. */
const idIn = (key: string, value: unknown): string | undefined => {
  const id = isObject(value) && Object.keys(value).join() === 'eq' ? value['eq'] : value;
  return typeof id === 'string' && id !== ANY && Object.hasOwn(SCOPE_KEYS, key) ? id : undefined;
};

const namesEntity = (key: string, value: unknown): boolean => {
  if (ENTITIES.includes(key)) return value !== null && value !== undefined;
  const isLogical = isNamed(key, 'OR') || isNamed(key, 'NOT') || isNamed(key, 'AND');
  const parts = isLogical ? [value].flat() : [];
  return parts.some((part) => isObject(part) && Object.entries(part).some(([inner, of]) => namesEntity(inner, of)));
};

const filterOf = (input: unknown): Raw => all(entriesOf(input).map(([key, value]) => conditionOf(key, value)));

const conditionOf = (key: string, value: unknown): Raw => {
  if (isNamed(key, 'OR')) return anyOf(listOf(key, value).map(filterOf));
  if (isNamed(key, 'NOT')) return all(listOf(key, value).map((part) => ({ $not: filterOf(part) })));
  if (key === 'metadata') return ofMetadata(value, []);
  const known = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
  return known ? test(known.field, value, known.convert) : test(pathOf([key]), value);
};

const listOf = (key: string, value: unknown): unknown[] => {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  if (list.length === 0 || !list.every(isObject)) throw badRequest(`${key} must be a list of filters.`);
  return list;
};

/** `{"metadata": {"a": {"b": 1}}}` goes down to where there is a value, or an operator. */
const ofMetadata = (value: unknown, path: readonly string[]): Raw => {
  if (path.length > 0 && (!isObject(value) || isTest(value))) return test(pathOf(path), value);
  if (!isObject(value)) throw badRequest('filters.metadata must be an object.');
  // Beside others it would be dropped, and select more than was meant.
  if (path.length > 0 && Object.keys(value).length === 0) {
    throw badRequest(`filters.metadata: "${pathOf(path)}" must not be empty.`);
  }
  return all(Object.entries(value).map(([key, inner]) => ofMetadata(inner, [...path, key])));
};

const isTest = (value: Raw): boolean =>
  Object.keys(value).length > 0 &&
  Object.keys(value).every((key) => Object.hasOwn(OPERATORS, key) || WORDS.includes(key));

const pathOf = (keys: readonly string[]): string => keys.map((key) => key.replace(/[\\.]/g, '\\$&')).join('.');

/** A value, a list of which one must be equal, `*` for any, or operators. */
const test = (field: string, value: unknown, convert: Convert = asItIs): Raw => {
  if (value === ANY) return { [field]: { $exists: true } };
  if (Array.isArray(value)) return { [field]: { $in: value.map((each) => convert(each, 'eq')) } };
  if (!isObject(value)) return { [field]: convert(value, 'eq') };
  if (!isTest(value)) throw badRequest(`filters: "${field}" has an operator that is not known.`);
  return all(Object.entries(value).map(([operator, operand]) => operatorOn(field, operator, operand, convert)));
};

const operatorOn = (field: string, operator: string, operand: unknown, convert: Convert): Raw => {
  if (WORDS.includes(operator)) return hasWords(field, operand);
  const converted = Array.isArray(operand)
    ? operand.map((each: unknown) => convert(each, operator))
    : convert(operand, operator);
  return { [field]: { [OPERATORS[operator] ?? operator]: converted } };
};

/** An element of a list, or the words of a text. ZeroDB looks for words, in either case. */
const hasWords = (field: string, operand: unknown): Raw => {
  if (typeof operand !== 'string') return { [field]: { $contains: operand } };
  const isWord = /[\p{L}\p{N}]/u.test(operand);
  const words: Raw = { [field]: { $text: operand } };
  if (field === '@text') return words;
  const element: Raw = { [field]: { $contains: operand } };
  return isWord ? { $or: [element, words] } : element;
};

const all = (parts: readonly Raw[]): Raw =>
  joined(
    '$and',
    parts.filter((part) => Object.keys(part).length > 0),
  );
const anyOf = (parts: readonly Raw[]): Raw =>
  parts.some((part) => Object.keys(part).length === 0) ? EVERYTHING : joined('$or', parts);

const joined = (operator: '$and' | '$or', parts: readonly Raw[]): Raw => {
  const [only] = parts;
  if (only === undefined) return EVERYTHING;
  return parts.length === 1 ? only : { [operator]: parts };
};
