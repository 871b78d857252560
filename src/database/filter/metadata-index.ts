import { createHash } from 'node:crypto';
import type { FilterNode } from '../../common/filter';
import { parsePath } from '../../common/filter/path';
import type { SqlParams } from './sql-params';

/** A declared index: `field` is a path as filters write it. */
export interface MetadataIndex {
  readonly field: string;
  readonly type: 'string' | 'number' | 'datetime' | 'boolean';
}

/** A string as an SQL literal, whatever `standard_conforming_strings` says. DDL takes no bound parameters. */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new Error('Postgres has no text with a NUL character.');
  const quoted = `'${text.replace(/'/g, "''").replace(/\\/g, '\\\\')}'`;
  return text.includes('\\') ? ` E${quoted}` : quoted;
}

/** The deterministic name of the index on a table, within the 63 bytes of a Postgres name. */
export function metadataIndexName(table: string, index: MetadataIndex): string {
  const digest = createHash('sha256').update(`${index.type}:${index.field}`).digest('hex');
  return `${table}_m_${digest.slice(0, 12)}`;
}

/**
 * `create index if not exists` on a partition of `zerodb_vectors`; `table` comes from the program, never from a
 * request.
 */
export function metadataIndexDdl(table: string, index: MetadataIndex, { concurrently = false } = {}): string {
  const keys = indexKeys(index).map(quoteLiteral).join(', ');
  const value = `zerodb_index_${index.type}(metadata, array[${keys}]::text[])`;
  const collation = index.type === 'string' ? ' collate "C"' : '';
  return `create index ${concurrently ? 'concurrently ' : ''}if not exists ${metadataIndexName(table, index)} on ${table} ((${value})${collation})`;
}

/**
 * A condition that an index can answer and that holds wherever `node` does, so that adding it does not change the
 * result; `undefined` when no index helps. It is null only where `node` is false, and null and false are false; a
 * `coalesce` would hide it from the index. Documents with arrays on the path are indexed under a mark that always
 * passes.
 */
export function indexCondition(
  node: FilterNode,
  keys: readonly string[],
  indexes: readonly MetadataIndex[],
  metadata: string,
  params: SqlParams,
): string | undefined {
  const found = indexFor(node, keys, indexes);
  if (!found) return undefined;
  const value = `zerodb_index_${found.type}(${metadata}, ${params.add(keys, 'text[]')})`;
  if (node.kind === 'compare')
    return bounded(value, found, node.op.startsWith('g') ? '>=' : '<=', node.operand, params);
  if (node.kind !== 'in') return undefined;
  const wanted = [...node.values.map((each) => entry(found, each)), MARKS[found.type]];
  const collation = found.type === 'string' ? ' collate "C"' : '';
  return `${value}${collation} = any(${params.add(wanted, `${TYPES[found.type]}[]`)})`;
}

/**
 * What the indexes alone say of a filter: a condition that holds wherever `node` does, for every record that a scan of the
 * indexes hands over. `undefined` when it would have to hand over all of them.
 */
export function indexedCondition(
  node: FilterNode,
  indexes: readonly MetadataIndex[],
  metadata: string,
  params: SqlParams,
): string | undefined {
  // Asked first: a bound value that the text does not use is an error in Postgres.
  if (!isNarrowed(node, indexes)) return undefined;
  if (node.kind !== 'and' && node.kind !== 'or') {
    return 'path' in node && 'keys' in node.path
      ? indexCondition(node, node.path.keys, indexes, metadata, params)
      : undefined;
  }
  const parts = node.nodes.flatMap((each) => indexedCondition(each, indexes, metadata, params) ?? []);
  return `(${parts.join(` ${node.kind} `)})`;
}

/** Any part of a conjunction narrows it; a disjunction needs all of its parts. */
function isNarrowed(node: FilterNode, indexes: readonly MetadataIndex[]): boolean {
  if (node.kind === 'and') return node.nodes.some((each) => isNarrowed(each, indexes));
  if (node.kind === 'or') return node.nodes.length > 0 && node.nodes.every((each) => isNarrowed(each, indexes));
  if (node.kind !== 'in' && node.kind !== 'compare') return false;
  return 'keys' in node.path && indexFor(node, node.path.keys, indexes) !== undefined;
}

const MARKS = { string: '*', number: 'NaN', datetime: '9223372036854775807', boolean: 2 } as const;
const TYPES = { string: 'text', number: 'float8', datetime: 'bigint', boolean: 'int' } as const;

/** The marks are the greatest values of their types, so a lower bound already admits them. */
function bounded(
  value: string,
  index: MetadataIndex,
  op: '>=' | '<=',
  operand: number | bigint,
  params: SqlParams,
): string {
  const type = TYPES[index.type];
  const test = `${value} ${op} ${params.add(String(operand), type)}`;
  if (op === '>=') return test;
  return `(${test} or ${value} = ${params.add(MARKS[index.type], type)})`;
}

function indexFor(
  node: FilterNode,
  keys: readonly string[],
  indexes: readonly MetadataIndex[],
): MetadataIndex | undefined {
  return indexes.find((index) => sameKeys(indexKeys(index), keys) && answers(index, node));
}

function answers(index: MetadataIndex, node: FilterNode): boolean {
  if (node.kind === 'compare') return index.type === (typeof node.operand === 'bigint' ? 'datetime' : 'number');
  return node.kind === 'in' && index.type !== 'datetime' && node.values.every((each) => typeof each === index.type);
}

function entry(index: MetadataIndex, value: string | number | boolean): string | number {
  if (index.type === 'string') return `=${[...String(value)].slice(0, 128).join('')}`;
  return index.type === 'boolean' ? Number(value) : String(value);
}

function indexKeys(index: MetadataIndex): readonly string[] {
  const parsed = parsePath(index.field, []);
  if ('fault' in parsed || !('keys' in parsed.path)) throw new Error(`"${index.field}" is not a path in the metadata.`);
  return parsed.path.keys;
}

function sameKeys(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((key, position) => key === right[position]);
}
