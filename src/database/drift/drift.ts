import { messageOf } from '../../common/message-of';
import type { Database } from '../database.port';
import manifest from '../schema-manifest.json';
import { compareSchemas, type Drift } from './compare';
import { readSchema } from './manifest';
import type { SchemaObject } from './schema-objects';

export type { Drift } from './compare';
export { generateManifest } from './manifest';

/** Differences between the schema that this version's migrations create and the live one. */
export async function checkDrift(database: Database): Promise<Drift[]> {
  return compareSchemas(manifest as readonly SchemaObject[], await readSchema(database));
}

export interface Fixed {
  readonly fixed: readonly Drift[];
  /** What remains: no repair is safe, or the repair failed. */
  readonly left: readonly (Drift & { readonly error?: string })[];
}

/** Constraints and functions first need their columns and tables; policies and indexes come last. */
const ORDER = ['table', 'column', 'function', 'constraint', 'index', 'policy'];
const rank = ({ object }: Drift): number => ORDER.findIndex((kind) => object.startsWith(`${kind} `));

/** Repairs what can be repaired without losing data, one object at a time; returns what remains. */
export async function fixDrift(database: Database): Promise<Fixed> {
  const before = (await checkDrift(database)).filter(({ safe }) => safe).sort((a, b) => rank(a) - rank(b));
  const errors = new Map<string, string>();
  for (const { object, fix } of before) {
    const error = await apply(database, fix ?? '');
    if (error !== undefined) errors.set(object, error);
  }
  const left = await checkDrift(database);
  const remaining = new Set(left.map(({ object }) => object));
  return {
    fixed: before.filter(({ object }) => !remaining.has(object)),
    left: left.map((drift) => ({ ...drift, ...(errors.has(drift.object) ? { error: errors.get(drift.object) } : {}) })),
  };
}

async function apply(database: Database, fix: string): Promise<string | undefined> {
  try {
    await database.system.transaction(async (tx) => {
      for (const statement of fix.split(/;\n(?=CREATE POLICY|CREATE INDEX|CREATE UNIQUE)/)) await tx.query(statement);
    });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
