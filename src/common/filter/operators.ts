import type { Fault } from '../errors';
import type { Comparison, FilterNode, Path, Scalar } from './ast';
import { parseInstant } from './instant';
import { isStorableText, pointer } from './values';
import { wordsOf } from './words';

/** The operators of one condition; `$elemMatch` and `$not` contain others, so the parser handles them. */
export const OPERATORS: ReadonlySet<string> = new Set([
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$in',
  '$nin',
  '$exists',
  '$contains',
  '$text',
]);

export const MAX_FILTER_VALUES = 1_000;

/** Returns the faults of an operator's argument, with exact paths; empty when it is valid. */
export function operandFault(path: Path, operator: string, input: unknown, at: string): Fault[] {
  const one = (message: string | undefined): Fault[] => (message === undefined ? [] : [{ path: at, message }]);
  switch (operator) {
    case '$in':
    case '$nin':
      return Array.isArray(input) ? listFaults(input, at, true) : one(`${operator} takes a list of values.`);
    case '$contains':
      if (!Array.isArray(input)) return one(scalarFault(input, false));
      return input.length > 0 ? listFaults(input, at, false) : one('$contains needs at least one value.');
    case '$exists':
      return one(typeof input === 'boolean' ? undefined : '$exists takes true or false.');
    case '$text':
      return one(textFault(path, input));
    case '$eq':
    case '$ne':
      return one(scalarFault(input, true));
    default:
      return one(boundFault(input));
  }
}

/** Builds the node of a condition whose argument passed `operandFault`. */
export function toNode(path: Path, operator: string, input: unknown): FilterNode {
  switch (operator) {
    case '$eq':
      return anyOf(path, [input as Scalar | null]);
    case '$ne':
      return { kind: 'not', node: anyOf(path, [input as Scalar | null]) };
    case '$in':
      return anyOf(path, input as (Scalar | null)[]);
    case '$nin':
      return { kind: 'not', node: anyOf(path, input as (Scalar | null)[]) };
    case '$contains':
      return { kind: 'contains', path, values: distinct((Array.isArray(input) ? input : [input]) as Scalar[]) };
    case '$exists':
      return input === true ? { kind: 'exists', path } : { kind: 'not', node: { kind: 'exists', path } };
    case '$text':
      return { kind: 'text', path, words: [...new Set(wordsOf(input as string))] };
    default:
      return { kind: 'compare', path, op: operator.slice(1) as Comparison, operand: bound(input) };
  }
}

/** `null` matches absent values. */
function anyOf(path: Path, values: readonly (Scalar | null)[]): FilterNode {
  const present = distinct(values.filter((value) => value !== null));
  // Checks the list itself: the list of distinct values is shorter for duplicates as well as for null.
  if (!values.includes(null)) return { kind: 'in', path, values: present };
  const absent: FilterNode = { kind: 'not', node: { kind: 'exists', path } };
  return present.length === 0 ? absent : { kind: 'or', nodes: [{ kind: 'in', path, values: present }, absent] };
}

function distinct(values: readonly Scalar[]): Scalar[] {
  return [...new Set(values)];
}

function bound(input: unknown): number | bigint {
  return typeof input === 'number' ? input : (parseInstant(input as string) as bigint);
}

function boundFault(input: unknown): string | undefined {
  if (typeof input === 'number') return scalarFault(input, false);
  if (typeof input === 'string' && parseInstant(input) !== undefined) return undefined;
  return 'Only numbers and RFC 3339 date-times with a zone ("2024-05-01T12:00:00Z") can be compared.';
}

function textFault(path: Path, input: unknown): string | undefined {
  if ('field' in path && path.field !== '@text') return '$text applies to metadata or "@text".';
  if (typeof input !== 'string') return '$text takes a string.';
  return wordsOf(input).length > 0 ? undefined : '$text needs at least one word.';
}

function listFaults(values: readonly unknown[], at: string, isNullAllowed: boolean): Fault[] {
  if (values.length > MAX_FILTER_VALUES)
    return [{ path: at, message: `A list has at most ${MAX_FILTER_VALUES} values.` }];
  return values.flatMap((value, index) => {
    const message = scalarFault(value, isNullAllowed);
    return message === undefined ? [] : [{ path: pointer(at, index), message }];
  });
}

function scalarFault(value: unknown, isNullAllowed: boolean): string | undefined {
  if (value === null && isNullAllowed) return undefined;
  if (typeof value === 'boolean') return undefined;
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : 'The number is beyond the range of a double.';
  if (typeof value !== 'string')
    return `A value is a string, a number, true or false${isNullAllowed ? ', or null' : ''}.`;
  return isStorableText(value) ? undefined : 'A string holds no NUL character and no lone surrogate.';
}
