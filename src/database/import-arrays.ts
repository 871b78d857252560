import { escapeIdentifier } from 'pg';
import { invalidAt } from '../common/errors';
import type { Database } from './database.port';

export interface ArraySource {
  /** `table` or `schema.table`, as in the catalog. */
  readonly table: string;
  /** The `float[]` column of the embeddings. */
  readonly column: string;
  /** Defaults to the primary key when that is one column. */
  readonly idColumn?: string;
}

export interface ArrayRow {
  readonly id: string;
  readonly vector: number[];
  /** All other columns, as JSON. */
  readonly metadata: Record<string, unknown>;
}

export interface ImportProgress {
  readonly read: number;
  /** Rows without a vector, left out. */
  readonly skipped: number;
  readonly total: number;
}

const PAGE = 1_000;
const FLOATS = new Set(['real[]', 'double precision[]', 'numeric[]']);

/**
 * Reads a table of the old layout (embeddings as an array of floats) in pages of 1,000 by its key, and passes each page
 * to `sink`. Uses bounded memory. Misses rows that are written meanwhile before the current key. Throws `invalid` for
 * unknown tables and columns.
 */
export async function importArrays(
  database: Database,
  source: ArraySource,
  sink: (rows: readonly ArrayRow[]) => Promise<void>,
  onProgress: (progress: ImportProgress) => void = () => undefined,
): Promise<ImportProgress> {
  const layout = await findLayout(database, source);
  const total = await count(database, layout);
  let progress: ImportProgress = { read: 0, skipped: 0, total };
  let after: string | null = null;
  for (;;) {
    const rows = await readPage(database, layout, after);
    const last = rows.at(-1);
    if (!last) return progress;
    const whole = rows.filter((row): row is Row & ArrayRow => row.vector !== null);
    if (whole.length > 0) await sink(whole.map(({ id, vector, metadata }) => ({ id, vector, metadata })));
    const skipped = progress.skipped + rows.length - whole.length;
    progress = { read: progress.read + whole.length, skipped, total };
    onProgress(progress);
    after = last.id;
  }
}

interface Layout {
  /** Quoted, ready for SQL; likewise the others. */
  readonly table: string;
  readonly column: string;
  readonly id: string;
  readonly idType: string;
  readonly names: readonly string[];
}

interface Row {
  readonly id: string;
  readonly vector: number[] | null;
  readonly metadata: Record<string, unknown>;
}

interface Column {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly is_key: boolean;
}

// Every name in the SQL below was returned by the catalog, quoted.
const COLUMNS = `
SELECT n.nspname AS schema, c.relname AS "table", a.attname AS name, format_type(a.atttypid, NULL) AS type,
  COALESCE(x.indnkeyatts = 1 AND a.attnum = x.indkey[0], false) AS is_key
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index x ON x.indrelid = c.oid AND x.indisprimary
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $1
  AND CASE WHEN $2::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = $2 END
ORDER BY a.attnum`;

async function findLayout(database: Database, { table, column, idColumn }: ArraySource): Promise<Layout> {
  const dot = table.indexOf('.');
  const params = dot < 0 ? [table, null] : [table.slice(dot + 1), table.slice(0, dot)];
  const { rows: columns } = await database.system.query<Column>(COLUMNS, params);
  const [first] = columns;
  if (!first) throw invalidAt('query:table', `There is no table "${table}".`);
  const embedding = mustFind(columns, column, 'column');
  if (!FLOATS.has(embedding.type)) {
    throw invalidAt('query:column', `The column "${column}" is ${embedding.type}, not an array of floats.`);
  }
  const id = idColumn === undefined ? keyOf(columns, table) : mustFind(columns, idColumn, 'id-column');
  return {
    table: `${escapeIdentifier(first.schema)}.${escapeIdentifier(first.table)}`,
    column: escapeIdentifier(embedding.name),
    id: escapeIdentifier(id.name),
    idType: id.type,
    names: [embedding.name, id.name],
  };
}

function mustFind(columns: readonly Column[], name: string, option: string): Column {
  const column = columns.find((each) => each.name === name);
  if (column) return column;
  throw invalidAt(
    `query:${option}`,
    `There is no column "${name}"; there are ${columns.map((each) => each.name).join(', ')}.`,
  );
}

function keyOf(columns: readonly Column[], table: string): Column {
  const key = columns.find((column) => column.is_key);
  if (key) return key;
  throw invalidAt('query:id-column', `The table "${table}" has no primary key of one column; name a unique column.`);
}

async function count(database: Database, { table }: Layout): Promise<number> {
  const { rows } = await database.system.query<{ total: number }>(`SELECT count(*) AS total FROM ${table}`);
  return rows[0]?.total ?? 0;
}

/** The key travels as text and is compared in its own type, by the index. */
async function readPage(database: Database, layout: Layout, after: string | null): Promise<Row[]> {
  const { table, column, id, idType, names } = layout;
  const { rows } = await database.system.query<Row>(
    `SELECT t.${id}::text AS id, t.${column}::float8[] AS vector, to_jsonb(t) - $1::text[] AS metadata
     FROM ${table} t
     WHERE t.${id} IS NOT NULL ${after === null ? '' : `AND t.${id} > $2::${idType}`}
     ORDER BY t.${id} LIMIT ${PAGE}`,
    after === null ? [names] : [names, after],
  );
  return rows;
}
