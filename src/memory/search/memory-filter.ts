import {
  parseFilter,
  parseInstant,
  type FilterNode,
  type OwnFieldType,
  type Path,
  type Scalar,
} from '../../common/filter';
import type { OwnColumn } from '../../database/filter/filter-sql';
import type { RecallScope } from '../memory';

/** The built-in fields of a memory, as filters name them. */
export const MEMORY_FIELDS: Readonly<Record<string, OwnFieldType>> = {
  '@id': 'string',
  '@text': 'string',
  '@kind': 'string',
  '@user_id': 'string',
  '@agent_id': 'string',
  '@session_id': 'string',
  '@valid_from': 'datetime',
  '@valid_to': 'datetime',
  '@recorded_at': 'datetime',
  '@created_at': 'datetime',
  '@updated_at': 'datetime',
  '@version': 'number',
};

const COLUMNS: Readonly<Record<string, string>> = { '@text': 'content', '@created_at': 'recorded_at' };

/** Where the ledger has them. */
export const LEDGER_COLUMNS: Readonly<Record<string, OwnColumn>> = Object.fromEntries(
  Object.entries(MEMORY_FIELDS).map(([field, type]) => [field, { sql: `r.${COLUMNS[field] ?? field.slice(1)}`, type }]),
);

export const parseMemoryFilter = (filter: Record<string, unknown> | undefined): FilterNode | undefined =>
  filter === undefined || Object.keys(filter).length === 0
    ? undefined
    : parseFilter(filter, { basePath: '/filter', ownFields: Object.keys(MEMORY_FIELDS) });

/** Fields that the record has no copy of: the ledger alone can tell. */
const UNKNOWN_TO_RECORDS = new Set(['@version', '@text']);

/**
 * The same filter over the memories' records (see `recordMetadataOf`), or `undefined` where they can't tell; the ledger
 * checks every hit again.
 */
export function toRecordFilter(node: FilterNode): FilterNode | undefined {
  try {
    return translate(node, true);
  } catch (error) {
    if (error instanceof Untranslatable) return undefined;
    throw error;
  }
}

class Untranslatable extends Error {}

function translate(node: FilterNode, isTop: boolean): FilterNode {
  switch (node.kind) {
    case 'and':
    case 'or':
      return { ...node, nodes: node.nodes.map((each) => translate(each, isTop)) };
    case 'not':
      return { ...node, node: translate(node.node, isTop) };
    case 'vector':
      throw new Untranslatable();
    case 'elemMatch':
      // Paths inside start from the element.
      return { ...node, path: pathOf(node.path, isTop) };
    case 'in':
    case 'contains':
      return { ...node, path: pathOf(node.path, isTop), values: valuesOf(node.path, node.values) };
    case 'compare':
      return { ...node, path: pathOf(node.path, isTop), operand: operandOf(node.path, node.operand) };
    default:
      return { ...node, path: pathOf(node.path, isTop) };
  }
}

function pathOf(path: Path, isTop: boolean): Path {
  if ('keys' in path) return isTop ? { keys: ['m', ...path.keys] } : path;
  if (path.field === '@id') return path;
  if (UNKNOWN_TO_RECORDS.has(path.field)) throw new Untranslatable();
  return { keys: [path.field === '@created_at' ? 'recorded_at' : path.field.slice(1)] };
}

const isMoment = (path: Path): boolean => 'field' in path && MEMORY_FIELDS[path.field] === 'datetime';

const operandOf = (path: Path, operand: number | bigint): number | bigint => {
  if (!isMoment(path)) return operand;
  if (typeof operand === 'number') throw new Untranslatable();
  return Number(operand);
};

const valuesOf = (path: Path, values: readonly Scalar[]): readonly Scalar[] =>
  isMoment(path) ? values.flatMap((value) => (typeof value === 'string' ? (asMicros(value) ?? []) : [])) : values;

const asMicros = (text: string): number | undefined => {
  const instant = parseInstant(text);
  return instant === undefined ? undefined : Number(instant);
};

/** Scope and validity in terms of the records. */
export function recordCondition(scope: RecallScope, validAt: Date | undefined): FilterNode[] {
  const parts = Object.entries({ user_id: scope.user_id, agent_id: scope.agent_id, session_id: scope.session_id });
  const each = parts.flatMap(([key, value]): FilterNode[] =>
    value === undefined ? [] : [{ kind: 'in', path: { keys: [key] }, values: [value] }],
  );
  const scoped: FilterNode[] = scope.match === 'any' ? [{ kind: 'or', nodes: each }] : each;
  if (!validAt) return scoped;
  const at = validAt.getTime() * 1000;
  const end: Path = { keys: ['valid_to'] };
  return [
    ...scoped,
    { kind: 'compare', path: { keys: ['valid_from'] }, op: 'lte', operand: at },
    {
      kind: 'or',
      nodes: [
        { kind: 'not', node: { kind: 'exists', path: end } },
        { kind: 'compare', path: end, op: 'gt', operand: at },
      ],
    },
  ];
}
