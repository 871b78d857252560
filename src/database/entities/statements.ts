import type { FindOptionsWhere, ObjectLiteral, Repository } from 'typeorm';

/** What every change of a versioned row renews. */
export const NEXT_VERSION = { version: (): string => `nextval('zerodb_version')`, updated_at: (): string => 'now()' };

/** A value, or the SQL that computes it. */
type Changes<T> = { readonly [K in keyof T]?: T[K] | (() => string) };

/** One statement. Returns the row as it was stored; `undefined` when one with the same key exists. */
export async function insertIfAbsent<T extends ObjectLiteral>(
  repository: Repository<T>,
  values: Partial<T>,
): Promise<T | undefined> {
  const stored = await insertion(repository, values).orIgnore().execute();
  return (stored.raw as T[])[0];
}

/** One statement. Returns the row as it was stored. */
export async function insertRow<T extends ObjectLiteral>(repository: Repository<T>, values: Partial<T>): Promise<T> {
  const stored = await insertion(repository, values).execute();
  const [row] = stored.raw as T[];
  if (!row) throw new Error(`A row of ${repository.metadata.tableName} was not stored.`);
  return row;
}

/** One statement. Returns the row as it is now; `undefined` when none is as `where` says. */
export async function updateRow<T extends ObjectLiteral>(
  repository: Repository<T>,
  where: FindOptionsWhere<T>,
  changes: Changes<T>,
): Promise<T | undefined> {
  const changed = await repository
    .createQueryBuilder()
    .update()
    .set(changes)
    .where(where)
    .returning(selected(repository))
    .execute();
  return (changed.raw as T[])[0];
}

/** Names the columns, so that all others get their default. Entities name their properties as the columns. */
const insertion = <T extends ObjectLiteral>(repository: Repository<T>, values: Partial<T>) =>
  repository
    .createQueryBuilder()
    .insert()
    .into(repository.target, Object.keys(values))
    .values(values)
    .returning(selected(repository))
    .updateEntity(false);

const selected = <T extends ObjectLiteral>({ metadata }: Repository<T>): string[] =>
  metadata.columns.filter(({ isSelect }) => isSelect).map(({ propertyName }) => propertyName);
