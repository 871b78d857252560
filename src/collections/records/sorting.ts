import type { CursorKeys } from '../../common/paging';
import type { Path } from '../../common/filter';
import type { SqlParams } from '../../database/filter/sql-params';
import type { RecordRow } from './record-rows';

export interface SortKey {
  readonly path: Path;
  readonly order: 'asc' | 'desc';
}

/** A row with its sort keys: a rank (kind of value, absent last), a number and a string for each. */
export type SortedRow = RecordRow &
  Record<`rank_${number}`, number> &
  Record<`number_${number}`, number> &
  Record<`string_${number}`, string>;

/** Absent values come last in either direction. */
const ABSENT = 9;

/** Built-in fields as columns. Literals: the parser accepts only these names. */
const OWN_FIELDS: Readonly<Record<string, { rank: number; number: string; string: string }>> = {
  '@id': { rank: 2, number: '0', string: 'r.id' },
  '@text': { rank: 2, number: '0', string: 'r.text' },
  '@version': { rank: 1, number: 'r.version', string: `''` },
  '@created_at': { rank: 1, number: 'extract(epoch from r.created_at)', string: `''` },
  '@updated_at': { rank: 1, number: 'extract(epoch from r.updated_at)', string: `''` },
};

/**
 * The columns that a list is ordered by. Values of different kinds are ordered by kind: numbers, date-times (by instant,
 * as filters compare them), other strings (by code point), booleans, everything else; a value that is absent last.
 */
export function sortColumns(sort: readonly SortKey[]): string {
  return sort.map((key, index) => `, ${columnsOf(key, index)}`).join('');
}

/** What `sortColumns` reads besides the record, which goes by the alias `r`: each value and its instant, found once. */
export function sortValues(sort: readonly SortKey[], params: SqlParams): string {
  return sort.map((key, index) => ('field' in key.path ? '' : valueOf(key.path.keys, index, params))).join('');
}

const valueOf = (keys: readonly string[], index: number, params: SqlParams): string =>
  ` cross join lateral (select v.value,
      case when jsonb_typeof(v.value) = 'string' then zerodb_instant(v.value #>> '{}') end as instant
    from (select r.metadata #> ${params.add(keys)}::text[] as value offset 0) v offset 0) sort_${index}`;

const MICROSECONDS = 1_000_000;

function columnsOf(key: SortKey, index: number): string {
  if ('field' in key.path) {
    const own = OWN_FIELDS[key.path.field];
    if (!own) throw new Error(`There is no built-in field ${key.path.field}.`);
    return `case when ${own.string} is null then ${ABSENT} else ${own.rank} end as rank_${index},
      (${own.number})::float8 as number_${index}, coalesce(${own.string}, '') collate "C" as string_${index}`;
  }
  const [value, instant] = [`sort_${index}.value`, `sort_${index}.instant`];
  // A double holds the seconds of any year, but not its microseconds: those are compared as text of one length.
  return `case jsonb_typeof(${value}) when 'number' then 1 when 'string' then case when ${instant} is null then 3 else 2 end
      when 'boolean' then 4 when 'object' then 5
      when 'array' then case when ${value} = '[]' then ${ABSENT} else 6 end else ${ABSENT} end as rank_${index},
    case when jsonb_typeof(${value}) = 'number' then (${value} #>> '{}')::float8
      when ${instant} is not null then floor(${instant} / ${MICROSECONDS}::numeric)::float8 else 0 end as number_${index},
    case when jsonb_typeof(${value}) in ('null', 'number') or ${value} is null or ${value} = '[]' then ''
      when ${instant} is not null
        then lpad((((${instant} % ${MICROSECONDS}) + ${MICROSECONDS}) % ${MICROSECONDS})::text, 6, '0')
      else (${value} #>> '{}') end collate "C" as string_${index}`;
}

interface Column {
  readonly name: string;
  readonly direction: 'asc' | 'desc';
  readonly type: string;
  /** How the column's value travels in a cursor and comes back. */
  readonly key: 'rank' | 'number' | 'string' | 'id';
}

/** Every column of the order, the id last: it makes the order total. */
function columns(sort: readonly SortKey[]): Column[] {
  const keys = sort.flatMap(({ order }, index): Column[] => [
    { name: `s.rank_${index}`, direction: 'asc', type: 'int', key: 'rank' },
    { name: `s.number_${index}`, direction: order, type: 'float8', key: 'number' },
    { name: `s.string_${index}`, direction: order, type: 'text', key: 'string' },
  ]);
  return [...keys, { name: 's.id', direction: 'asc', type: 'text', key: 'id' }];
}

export const orderBy = (sort: readonly SortKey[]): string =>
  columns(sort)
    .map(({ name, direction }) => `${name} ${direction}`)
    .join(', ');

export const cursorLength = (sort: readonly SortKey[]): number => columns(sort).length;

/** The row after the cursor: greater in the first column that differs. */
export function afterCursor(sort: readonly SortKey[], after: CursorKeys, params: SqlParams): string {
  const bound = columns(sort).map((column, index) => ({
    ...column,
    value: `${params.add(after[index])}::${column.type}${column.type === 'text' ? ' collate "C"' : ''}`,
  }));
  const alternatives = bound.map((column, index) => {
    const equal = bound.slice(0, index).map(({ name, value }) => `${name} = ${value} and `);
    return `(${equal.join('')}${column.name} ${column.direction === 'asc' ? '>' : '<'} ${column.value})`;
  });
  return `(${alternatives.join(' or ')})`;
}

export function sortKeysOf(row: SortedRow, sort: readonly SortKey[]): CursorKeys {
  const keys = sort.flatMap((_key, index) => [
    row[`rank_${index}`] ?? ABSENT,
    row[`number_${index}`] ?? 0,
    row[`string_${index}`] ?? '',
  ]);
  return [...keys, row.id];
}
