/**
 * What a backup does not hold, and why it is not needed. Every other table of the schema is backed up: a new one is, as
 * soon as a migration makes it.
 */
export const EXCLUDED_TABLES: Readonly<Record<string, string>> = {
  zerodb_blob_copies: 'restored files are written to the stores anew, under new keys',
  zerodb_blob_moves: 'follows from where the copies are',
  zerodb_copies: 'followers build their copies anew',
  zerodb_dirty: 'marks for followers, which build their copies anew',
  zerodb_dropped_collections: 'tables that are still to be removed, and are not backed up',
  zerodb_followers: 'an identity of storage; a restored installation has another',
  zerodb_migrations: 'listed in the summary; the restored schema is made by the migrations',
  zerodb_record_stamps: 'tell answers in memory apart, which no other installation has',
  zerodb_service_transitions: 'the history of the services of another installation',
  zerodb_spool_chunks: 'bytes of files, which are backed up by their hash',
  zerodb_spool_objects: 'bytes of files, which are backed up by their hash',
};

/** Columns that describe running work, or follow from it: by table, what is stored instead of them. */
export const REPLACED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // The vector index is rebuilt by the index builder.
  zerodb_vectors: { indexed: `'false'`, index_build: `'0'` },
  zerodb_consumer_lanes: { leased_to: 'null', lease_token: 'null', lease_until: 'null', holder: 'null' },
  zerodb_memory_records: { lease_token: 'null', lease_until: 'null' },
  zerodb_reembeddings: { lease_token: 'null', lease_until: 'null' },
  zerodb_compressions: { lease_token: 'null', lease_until: 'null' },
  zerodb_slow_filters: { lease_token: 'null', lease_until: 'null' },
  zerodb_erasures: { lease_until: 'null' },
  // Counted again by the first round: the rows that are restored after this one would be counted twice.
  zerodb_quotas: {
    records: `'0'`,
    record_bytes: `'0'`,
    memories: `'0'`,
    files: `'0'`,
    file_bytes: `'0'`,
    counted_at: 'null',
  },
  zerodb_vector_store_files: { lease_token: 'null', lease_until: 'null' },
};

/** Rows that belong to the old machine: by table, the condition of those that are kept. */
export const KEPT_ROWS: Readonly<Record<string, string>> = {
  // The object store's canary: a restored installation puts its own there. Nor does it back itself up over the old one's backups.
  zerodb_settings: `name <> 'files.object_store' and not starts_with(name, 'chaos') and not starts_with(name, 'backup.')`,
};

/** Tables with a partition for each collection, each read and written alone. */
export const BY_COLLECTION: readonly string[] = ['zerodb_vectors', 'zerodb_postings'];

/**
 * The order in which rows are read: their primary key, so that what did not change lies where it lay in the last backup.
 * Postings lie beside those of the same record.
 */
export const ORDERS: Readonly<Record<string, readonly string[]>> = {
  zerodb_postings: ['id', 'term'],
};

export interface TableColumn {
  readonly name: string;
  /** As SQL spells it in a cast. */
  readonly type: string;
}

export interface TableShape {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  /** Columns of the primary key; empty without one. */
  readonly key: readonly string[];
  /** Tables that its foreign keys refer to. */
  readonly parents: readonly string[];
}

/** Tables of the current schema that are no partitions. */
export const SHAPES_SQL = `
select c.relname::text as name,
  (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum)
   from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
  coalesce((select json_agg(a.attname order by k.n) from pg_index i
    cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, n)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
    where i.indrelid = c.oid and i.indisprimary), '[]') as key,
  coalesce((select json_agg(distinct p.relname) from pg_constraint f join pg_class p on p.oid = f.confrelid
    where f.conrelid = c.oid and f.contype = 'f' and p.oid <> c.oid), '[]') as parents
from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and c.relname like 'zerodb\\_%'
order by c.relname`;

/** The tables that a backup holds, those that others refer to first. */
export function backedUp(shapes: readonly TableShape[]): TableShape[] {
  const left = new Map(shapes.filter(({ name }) => !(name in EXCLUDED_TABLES)).map((shape) => [shape.name, shape]));
  const ordered: TableShape[] = [];
  const place = (shape: TableShape): void => {
    left.delete(shape.name);
    for (const parent of shape.parents) {
      const found = left.get(parent);
      if (found) place(found);
    }
    ordered.push(shape);
  };
  for (const shape of [...left.values()]) if (left.has(shape.name)) place(shape);
  return ordered;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const columnList = (columns: readonly string[]): string => columns.map(quoted).join(', ');

/** Reads one line of JSON for each row: an array of its columns as text. */
export function linesSql(shape: TableShape, from: string = shape.name): string {
  const replaced = REPLACED[shape.name] ?? {};
  const values = shape.columns.map(({ name }) => replaced[name] ?? `${quoted(name)}::text`);
  const keys = ORDERS[shape.name] ?? shape.key;
  const order =
    keys.length > 0 ? columnList(keys) : shape.columns.map(({ name }) => `${quoted(name)}::text`).join(', ');
  const kept = KEPT_ROWS[shape.name];
  return `select array_to_json(array[${values.join(', ')}]::text[])::text as line from ${from}
    ${kept === undefined ? '' : `where ${kept}`} order by ${order}`;
}

/** Writes lines of `linesSql`, given as one JSON array. */
export function insertSql(shape: TableShape, columns: readonly string[], into: string = shape.name): string {
  const types = new Map(shape.columns.map(({ name, type }) => [name, type]));
  const values = columns.map((name, at) => `(line->>${at})::${types.get(name) ?? 'text'}`);
  return `insert into ${into} (${columnList(columns)}) overriding system value
    select ${values.join(', ')} from json_array_elements($1::json) line`;
}
