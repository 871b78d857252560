import type { FilterNode } from '../../../common/filter';
import { parseFilter } from '../../../common/filter';
import { ZeroDbError } from '../../../common/errors';
import { isObject } from '../../../common/filter/values';
import { invalidRequest, invalidValue } from '../errors';
import type { Attributes } from './vector-store';

/** Keys of metadata begin with neither; and one that is escaped is not to look like another. */
const escaped = (key: string): string => (/^[@$_]/.test(key) ? `_${key}` : key);

/** Attributes as the chunks have them. */
export const storedAttributes = (attributes: Attributes): Record<string, unknown> =>
  Object.fromEntries(Object.entries(attributes).map(([key, value]) => [escaped(key), value]));

const COMPARISONS: Readonly<Record<string, string>> = {
  eq: '$eq',
  ne: '$ne',
  gt: '$gt',
  gte: '$gte',
  lt: '$lt',
  lte: '$lte',
  in: '$in',
  nin: '$nin',
};
const SUPPORTED = [...Object.keys(COMPARISONS), 'and', 'or'];
/** Deeper filters are refused before anything is made of them. */
const MAX_DEPTH = 16;

/** OpenAI's filter as ZeroDB's (decision 4), over the attributes that chunks have. Throws OpenAI's error. */
export const filterNodeOf = (filters: unknown): FilterNode => {
  const translated = translate(filters, 'filters', 0);
  try {
    return parseFilter(translated, { basePath: '/filters' });
  } catch (error) {
    if (!(error instanceof ZeroDbError) || error.code !== 'invalid') throw error;
    throw invalidRequest(`Invalid 'filters': ${error.faults[0]?.message ?? error.message}`, 'filters', 'invalid_value');
  }
};

const translate = (filter: unknown, at: string, depth: number): Record<string, unknown> => {
  if (!isObject(filter)) throw invalidRequest(`Invalid type for '${at}': expected an object.`, at, 'invalid_type');
  if (depth > MAX_DEPTH) throw invalidValue('filters', `it is nested more than ${MAX_DEPTH} levels deep.`);
  const { type } = filter;
  if (type === 'and' || type === 'or') return compound(filter, type, at, depth);
  const operator = typeof type === 'string' && Object.hasOwn(COMPARISONS, type) ? COMPARISONS[type] : undefined;
  if (operator === undefined) throw unsupported(type, `${at}.type`);
  mustKnow(filter, ['type', 'key', 'value'], at);
  const { key, value } = filter;
  if (typeof key !== 'string' || key === '')
    throw invalidRequest(`Missing required parameter: '${at}.key'.`, `${at}.key`, 'missing_required_parameter');
  mustBeOperand(type as string, value, `${at}.value`);
  return { [`attributes.${escaped(key).replaceAll(/[\\.]/g, '\\$&')}`]: { [operator]: value } };
};

const compound = (
  filter: Record<string, unknown>,
  type: 'and' | 'or',
  at: string,
  depth: number,
): Record<string, unknown> => {
  mustKnow(filter, ['type', 'filters'], at);
  const { filters } = filter;
  if (!Array.isArray(filters) || filters.length === 0)
    throw invalidRequest(
      `Invalid type for '${at}.filters': expected a non-empty array.`,
      `${at}.filters`,
      'invalid_type',
    );
  return { [`$${type}`]: filters.map((each, index) => translate(each, `${at}.filters[${index}]`, depth + 1)) };
};

const unsupported = (type: unknown, at: string): ZeroDbError => {
  if (type === undefined)
    return invalidRequest(`Missing required parameter: '${at}'.`, at, 'missing_required_parameter');
  const names = SUPPORTED.map((name) => `'${name}'`).join(', ');
  return invalidRequest(`Invalid value: '${quoted(type)}'. Supported values are: ${names}.`, at, 'invalid_value');
};

const quoted = (value: unknown): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, 100);

const mustKnow = (filter: Record<string, unknown>, known: readonly string[], at: string): void => {
  const foreign = Object.keys(filter).find((name) => !known.includes(name));
  if (foreign !== undefined)
    throw invalidRequest(
      `Unknown parameter: '${at}.${foreign.slice(0, 100)}'.`,
      `${at}.${foreign.slice(0, 100)}`,
      'unknown_parameter',
    );
};

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

const mustBeOperand = (type: string, value: unknown, at: string): void => {
  if (value === undefined)
    throw invalidRequest(`Missing required parameter: '${at}'.`, at, 'missing_required_parameter');
  const isList = type === 'in' || type === 'nin';
  if (isList ? Array.isArray(value) && value.every(isScalar) : isScalar(value)) return;
  throw invalidRequest(
    `Invalid type for '${at}': expected ${isList ? 'an array of strings and numbers' : 'a string, number, or boolean'}.`,
    at,
    'invalid_type',
  );
};
