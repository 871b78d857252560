import type { Comparison, FilterNode, Path, Scalar } from '../../common/filter';
import { isObject } from '../../common/filter/values';
import { badArgument, unsupported } from './errors';

/** As in ZeroDB's own filters. */
const MAX_CONDITIONS = 1_000;
const MAX_VALUES = 10_000;
const MAX_TEXT = 10_000;

const TEXT: Path = { field: '@text' };
const COMPARISONS: Readonly<Record<string, Comparison>> = { $gt: 'gt', $gte: 'gte', $lt: 'lt', $lte: 'lte' };

interface Count {
  left: number;
}
type Leaf = (input: Record<string, unknown>) => FilterNode[];

/**
 * `where`, `where_document` and `ids` as ZeroDB's filter: all of them hold. `undefined` selects everything. Throws for what
 * is no filter of Chroma's.
 */
export const filterOf = (asked: {
  readonly where?: unknown;
  readonly where_document?: unknown;
}): FilterNode | undefined => {
  const count = { left: MAX_CONDITIONS };
  const nodes = [
    ...partOf(asked.where, 'where', ofMetadata, count),
    ...partOf(asked.where_document, 'where_document', ofDocument, count),
  ];
  return nodes.length === 0 ? undefined : allOf(nodes);
};

/** Clients send `{}` or null for none. */
const partOf = (input: unknown, name: string, leaf: Leaf, count: Count): FilterNode[] => {
  if (input === undefined || input === null) return [];
  if (isObject(input) && Object.keys(input).length === 0) return [];
  return [nodeOf(input, name, leaf, count)];
};

const nodeOf = (input: unknown, name: string, leaf: Leaf, count: Count): FilterNode => {
  count.left -= 1;
  if (count.left < 0) throw badArgument(`${name} has at most ${MAX_CONDITIONS} conditions`);
  if (!isObject(input)) throw badArgument(`Expected ${name} to be an object`);
  const [operator, ...others] = Object.keys(input);
  if (operator !== '$and' && operator !== '$or') return allOf(leaf(input));
  const parts = input[operator];
  if (others.length > 0 || !Array.isArray(parts) || parts.length === 0) {
    throw badArgument(`Expected ${name} value for ${operator} to be a list with at least one expression`);
  }
  const nodes = parts.map((part) => nodeOf(part, name, leaf, count));
  return { kind: operator === '$and' ? 'and' : 'or', nodes };
};

const allOf = (nodes: readonly FilterNode[]): FilterNode => {
  const [only] = nodes;
  return nodes.length === 1 && only ? only : { kind: 'and', nodes };
};

const ofMetadata: Leaf = (input) => {
  const entries = Object.entries(input);
  if (entries.length === 0) throw badArgument('Expected where to have at least one condition');
  return entries.flatMap(([key, test]) => {
    const path: Path = { keys: [key] };
    if (!isObject(test)) return [equal(path, test)];
    const operators = Object.entries(test);
    if (operators.length === 0) throw badArgument(`Expected where to have an operator for "${key.slice(0, 100)}"`);
    return operators.map(([operator, operand]) => onValue(path, operator, operand));
  });
};

const onValue = (path: Path, operator: string, operand: unknown): FilterNode => {
  const comparison = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined;
  if (comparison) return { kind: 'compare', path, op: comparison, operand: numberOf(operator, operand) };
  switch (operator) {
    case '$eq':
    case '$contains':
      return equal(path, operand);
    case '$ne':
    case '$not_contains':
      return not(equal(path, operand));
    case '$in':
      return { kind: 'in', path, values: scalarsOf(operator, operand) };
    case '$nin':
      return not({ kind: 'in', path, values: scalarsOf(operator, operand) });
    default:
      throw badArgument(
        `Expected where operator to be one of $gt, $gte, $lt, $lte, $ne, $eq, $in, $nin, $contains, $not_contains, got ${operator.slice(0, 100)}`,
      );
  }
};

const not = (node: FilterNode): FilterNode => ({ kind: 'not', node });
const equal = (path: Path, value: unknown): FilterNode => ({ kind: 'in', path, values: [scalarOf('$eq', value)] });

const scalarOf = (operator: string, value: unknown): Scalar => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw badArgument(`Expected where value for ${operator} to be a str, int, float, or bool`);
};

const numberOf = (operator: string, value: unknown): number => {
  if (typeof value === 'number') return value;
  throw badArgument(`Expected where value for ${operator} to be an int or a float`);
};

const scalarsOf = (operator: string, input: unknown): Scalar[] => {
  if (!Array.isArray(input) || input.length === 0 || input.length > MAX_VALUES) {
    throw badArgument(`Expected where value for ${operator} to be a list of 1 to ${MAX_VALUES} values`);
  }
  const values = input.map((value) => scalarOf(operator, value));
  if (values.some((value) => typeof value !== typeof values[0])) {
    throw badArgument(`Expected where value for ${operator} to be a list of values of one type`);
  }
  return [...new Set(values)];
};

const ofDocument: Leaf = (input) =>
  Object.entries(input).map(([operator, operand]) => {
    if (operator === '$regex' || operator === '$not_regex') throw unsupported(`where_document with ${operator} is`);
    if (operator !== '$contains' && operator !== '$not_contains') {
      throw badArgument(
        `Expected where_document operator to be one of $contains, $not_contains, $and, $or, got ${operator.slice(0, 100)}`,
      );
    }
    if (typeof operand !== 'string' || operand === '' || operand.length > MAX_TEXT) {
      throw badArgument(`Expected where_document operand for ${operator} to be a str of 1 to ${MAX_TEXT} characters`);
    }
    const node: FilterNode = { kind: 'substring', path: TEXT, value: operand };
    return operator === '$contains' ? node : not(node);
  });
