import { parseFilter, toTimestamptz, parseInstant, type FilterNode, type OwnFieldType } from '../../common/filter';
import { invalidAt } from '../../common/errors';
import type { OwnColumn } from '../../database/filter/filter-sql';

/** The built-in fields that filters may name. */
const NODE_FIELDS: Readonly<Record<string, OwnFieldType>> = {
  '@id': 'string',
  '@version': 'number',
  '@created_at': 'datetime',
  '@updated_at': 'datetime',
};

const EDGE_FIELDS: Readonly<Record<string, OwnFieldType>> = {
  ...NODE_FIELDS,
  '@source': 'string',
  '@target': 'string',
  '@type': 'string',
  '@weight': 'number',
  '@valid_from': 'datetime',
  '@valid_to': 'datetime',
};

type RawFilter = Record<string, unknown> | undefined;

export const parseNodeFilter = (filter: RawFilter, basePath = '/filter'): FilterNode | undefined =>
  parsed(filter, basePath, NODE_FIELDS);

export const parseEdgeFilter = (filter: RawFilter, basePath = '/filter'): FilterNode | undefined =>
  parsed(filter, basePath, EDGE_FIELDS);

function parsed(filter: RawFilter, basePath: string, fields: typeof NODE_FIELDS): FilterNode | undefined {
  if (filter === undefined || Object.keys(filter).length === 0) return undefined;
  return parseFilter(filter, { basePath, ownFields: Object.keys(fields) });
}

/** Where the rows have them. */
export const nodeFields = (alias: string): Readonly<Record<string, OwnColumn>> => columnsOf(NODE_FIELDS, alias);
export const edgeFields = (alias: string): Readonly<Record<string, OwnColumn>> => columnsOf(EDGE_FIELDS, alias);

const columnsOf = (fields: typeof NODE_FIELDS, alias: string): Readonly<Record<string, OwnColumn>> =>
  Object.fromEntries(
    Object.entries(fields).map(([field, type]) => [field, { sql: `${alias}.${field.slice(1)}`, type }]),
  );

/** An RFC 3339 date-time as Postgres takes it, to the microsecond. */
export function instantAt(text: string, path: string): string {
  const instant = parseInstant(text);
  if (instant === undefined) throw invalidAt(path, 'must be an RFC 3339 date-time with a zone');
  return toTimestamptz(instant);
}
