const DATA = /^\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE|VALUES|MERGE)\b/i;
const READ = /^\s*(?:SELECT|VALUES|SHOW)\b/i;
const WITH = /^\s*WITH\b/i;
/** Includes `FOR UPDATE` and our own functions that run DDL. */
const WRITES = /\b(?:INSERT|UPDATE|DELETE|MERGE|nextval|setval|pg_advisory\w*|zerodb_(?:create|drop)_\w+)\b/i;

/** `read` may be repeated without harm, `write` may not, `maintenance` (index builds, DDL) may take long. */
export type StatementKind = 'read' | 'write' | 'maintenance';

/** Judged from the text; unknown statements count as writes, which are never repeated. */
export function kindOf(sql: string): StatementKind {
  if (!DATA.test(sql) && !READ.test(sql)) return 'maintenance';
  const reads = (READ.test(sql) || WITH.test(sql)) && !WRITES.test(sql);
  return reads ? 'read' : 'write';
}
