import type { Comparison, FilterNode, Path, Scalar } from './ast';
import { parseInstant } from './instant';
import { isWithin } from './geo';
import { isObject } from './values';
import { wordsOf } from './words';

/** The input of a filter. Built-in fields of other documents (memories) are passed in `own`, by name (`@kind`). */
export interface FilterDocument {
  readonly id: string;
  readonly text?: string | null;
  readonly metadata: unknown;
  readonly version: number;
  /** RFC 3339, or a `Date`. */
  readonly created_at: string | Date;
  readonly updated_at: string | Date;
  readonly own?: Readonly<Record<string, unknown>>;
}

/** Whether the document satisfies the filter. The reference semantics: every engine must agree with it. */
export function matches(node: FilterNode, document: FilterDocument): boolean {
  return holds(
    node,
    (path) => ('field' in path ? ownValues(document, path.field) : valuesAt(document.metadata, path.keys)),
    document.metadata,
  );
}

type Lookup = (path: Path) => readonly unknown[];

/** `root`: what paths of keys start from. */
function holds(node: FilterNode, lookup: Lookup, root: unknown): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.every((each) => holds(each, lookup, root));
    case 'or':
      return node.nodes.some((each) => holds(each, lookup, root));
    case 'not':
      return !holds(node.node, lookup, root);
    case 'in':
      return lookup(node.path).some((value) => node.values.some((wanted) => equals(value, wanted)));
    case 'contains':
      return node.values.every((wanted) => lookup(node.path).some((value) => equals(value, wanted)));
    case 'compare':
      return lookup(node.path).some((value) => compares(value, node.op, node.operand));
    case 'exists':
      return lookup(node.path).length > 0;
    case 'text':
      return hasWords(lookup(node.path), node.words);
    case 'substring':
      return lookup(node.path).some((value) => typeof value === 'string' && value.includes(node.value));
    case 'null':
      return rawAt(root, node.path).some((value) => value === null || (Array.isArray(value) && value.includes(null)));
    case 'count':
      return countsAt(root, node.path).some((count) =>
        node.bounds.every(({ op, operand }) => ordered(count, op, operand)),
      );
    case 'geo':
      return lookup(node.path).some((value) => isWithin(value, node.area));
    case 'vector':
      return lookup({ field: '@vectors' }).includes(node.name);
    case 'elemMatch':
      return lookup(node.path).some((element) => elementHolds(element, node.of, node.node));
  }
}

function elementHolds(element: unknown, of: 'values' | 'objects', node: FilterNode): boolean {
  if (of === 'objects' && !isObject(element)) return false;
  return holds(node, (path) => ('keys' in path ? valuesAt(element, path.keys) : []), element);
}

/** The values at the end of a path as they stand there, nulls and arrays among them. */
function rawAt(root: unknown, path: Path): unknown[] {
  if ('field' in path) return [];
  let values = [root];
  for (const key of path.keys) {
    const objects = values.flatMap((value): unknown[] => (Array.isArray(value) ? value : [value]));
    values = objects.flatMap((each) => (isObject(each) && Object.hasOwn(each, key) ? [each[key]] : []));
  }
  return values;
}

function countsAt(root: unknown, path: Path): number[] {
  const values = rawAt(root, path);
  if (values.length === 0) return [0];
  return values.map((value) => (Array.isArray(value) ? value.length : value === null ? 0 : 1));
}

/** The values of a path, as `FilterNode` defines them. */
export function valuesAt(value: unknown, keys: readonly string[]): unknown[] {
  let values = flatten(value);
  for (const key of keys) {
    values = values.flatMap((each) => (isObject(each) && Object.hasOwn(each, key) ? flatten(each[key]) : []));
  }
  return values;
}

function flatten(value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value.flatMap(flatten) : [value];
}

function ownValues(document: FilterDocument, field: string): unknown[] {
  const known: Record<string, unknown> = {
    '@id': document.id,
    '@text': document.text,
    '@version': document.version,
    '@created_at': ownInstant(document.created_at),
    '@updated_at': ownInstant(document.updated_at),
    ...document.own,
  };
  return flatten(known[field]);
}

/** Built-in date-times are instants, not strings: they equal every notation of the same instant. */
function ownInstant(value: string | Date): bigint | undefined {
  return parseInstant(typeof value === 'string' ? value : value.toISOString());
}

function equals(value: unknown, wanted: Scalar): boolean {
  if (typeof value === 'bigint') return typeof wanted === 'string' && value === parseInstant(wanted);
  return value === wanted;
}

function compares(value: unknown, op: Comparison, operand: number | bigint): boolean {
  const own = typeof operand === 'bigint' && typeof value === 'string' ? parseInstant(value) : value;
  if (typeof own === 'number' && typeof operand === 'number') return ordered(own, op, operand);
  return typeof own === 'bigint' && typeof operand === 'bigint' && ordered(own, op, operand);
}

function ordered<T extends number | bigint>(left: T, op: Comparison, right: T): boolean {
  switch (op) {
    case 'gt':
      return left > right;
    case 'gte':
      return left >= right;
    case 'lt':
      return left < right;
    case 'lte':
      return left <= right;
  }
}

function hasWords(values: readonly unknown[], words: readonly string[]): boolean {
  const present = new Set(values.flatMap((value) => (typeof value === 'string' ? wordsOf(value) : [])));
  return words.every((word) => present.has(word));
}
