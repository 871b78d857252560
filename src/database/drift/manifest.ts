import type { Database } from '../database.port';
import { SCHEMA_OBJECTS_SQL, type SchemaObject } from './schema-objects';

/** Created at run time: one for each collection, and one for each week of events. */
const PARTITION = /^(zerodb_vectors|zerodb_postings|zerodb_events)_w?\d+$/;

export interface LiveSchema {
  readonly objects: readonly SchemaObject[];
  /** Partition to its parent. */
  readonly partitions: ReadonlyMap<string, string>;
}

/** The live schema, without the schema's own name (`public.` and the like), which does not matter. */
export async function readSchema(database: Database): Promise<LiveSchema> {
  const { rows } = await database.system.query<SchemaObject>(SCHEMA_OBJECTS_SQL);
  const { rows: found } = await database.system.query<{ schema: string }>('SELECT current_schema()::text AS schema');
  const prefix = `${found[0]?.schema ?? 'public'}.`;
  const objects = rows.map((row) => ({ ...row, definition: row.definition.replaceAll(prefix, '') }));
  return { objects, partitions: partitionsOf(objects) };
}

function partitionsOf(objects: readonly SchemaObject[]): Map<string, string> {
  const partitions = new Map<string, string>();
  for (const { kind, name } of objects) {
    const parent = kind === 'table' ? PARTITION.exec(name)?.[1] : undefined;
    if (parent) partitions.set(name, parent);
  }
  return partitions;
}

/** The schema of a newly migrated database: the content of `schema-manifest.json`. */
export async function generateManifest(database: Database): Promise<SchemaObject[]> {
  const { objects, partitions } = await readSchema(database);
  return objects.filter(({ table }) => !partitions.has(table));
}
