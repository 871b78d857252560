import type { FilterNode, Scalar } from '../../common/filter';
import type { MetadataIndex } from '../../database/filter/metadata-index';

/** A field that a filter names, the index that would answer its condition, and the operator of that. */
export interface FilterField {
  readonly index: MetadataIndex;
  readonly operator: string;
}

/** A name that is longer is not remembered. */
const LONGEST_NAME = 255;
/** Of one filter: the first of them. */
const MOST_FIELDS = 8;

/** What an index could answer alone: conditions that must all hold. Parts of `$or` and `$not` alone narrow nothing. */
export function filterFields(node: FilterNode): FilterField[] {
  const fields = conditionsOf(node).flatMap((each) => fieldOf(each) ?? []);
  const byIndex = new Map(fields.map((field) => [`${field.index.type}:${field.index.field}`, field]));
  return [...byIndex.values()].slice(0, MOST_FIELDS);
}

function conditionsOf(node: FilterNode): readonly FilterNode[] {
  return node.kind === 'and' ? node.nodes.flatMap(conditionsOf) : [node];
}

function fieldOf(node: FilterNode): FilterField | undefined {
  if ((node.kind !== 'in' && node.kind !== 'compare') || !('keys' in node.path)) return undefined;
  const field = node.path.keys.map((key) => key.replace(/[\\.]/g, '\\$&')).join('.');
  const type = node.kind === 'in' ? typeOfAll(node.values) : typeof node.operand === 'bigint' ? 'datetime' : 'number';
  if (type === undefined || field.length === 0 || field.length > LONGEST_NAME) return undefined;
  const operator = node.kind === 'in' ? (node.values.length === 1 ? '$eq' : '$in') : `$${node.op}`;
  return { index: { field, type }, operator };
}

function typeOfAll(values: readonly Scalar[]): 'string' | 'number' | 'boolean' | undefined {
  const types = new Set(values.map((value) => typeof value));
  const [only] = types;
  if (types.size !== 1) return undefined;
  return only === 'string' || only === 'number' || only === 'boolean' ? only : undefined;
}
