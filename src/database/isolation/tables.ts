import type { Session } from '../sessions/session';
import { rowsOf } from './rows-of';

/** How one table or partition with rows of projects is guarded. */
export interface GuardedTable {
  readonly name: string;
  /** Quoted, as SQL takes it. */
  readonly owner: string;
  readonly enabled: boolean;
  readonly forced: boolean;
  /** The policy that shows a project its own rows. */
  readonly hasScope: boolean;
  /** The policy that shows the system all rows, bound to the table's owner. */
  readonly hasSystem: boolean;
  /** Other permissive policies: each would show more than these two do. */
  readonly others: readonly string[];
}

/** A table holds rows of projects when it has a `project_id`. */
const TABLES = `
SELECT c.relname::text AS name, quote_ident(pg_get_userbyid(c.relowner)) AS owner, c.relrowsecurity AS enabled,
  c.relforcerowsecurity AS forced,
  EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'zerodb_scope' AND p.polcmd = '*') AS "hasScope",
  EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'zerodb_system'
    AND p.polroles = ARRAY[c.relowner]) AS "hasSystem",
  ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive
    AND p.polname NOT IN ('zerodb_scope', 'zerodb_system')) AS others
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'project_id' AND NOT a.attisdropped
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND c.relname LIKE 'zerodb\\_%'
ORDER BY c.relname`;

export const guardedTables = (session: Session): Promise<GuardedTable[]> => rowsOf<GuardedTable>(session, TABLES);

/** The statements that add a table's missing guards. Names come from the catalog; `zerodb_…` needs no quotes. */
export function missingGuards(table: GuardedTable): string[] {
  const { name, owner } = table;
  return [
    ...(table.enabled ? [] : [`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`]),
    ...(table.hasScope ? [] : [`CREATE POLICY zerodb_scope ON ${name} USING (${OWN_ROWS}) WITH CHECK (${OWN_ROWS})`]),
    ...(table.hasSystem ? [] : systemPolicy(name, owner)),
    // Last: until then the owner is not bound, and running replicas continue to work.
    ...(table.forced ? [] : [`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`]),
  ];
}

const OWN_ROWS = `project_id = (SELECT nullif(current_setting('zerodb.project_id', true), '')::int)`;
const AS_SYSTEM = `(SELECT current_setting('zerodb.system', true)) = 'on'`;

const systemPolicy = (name: string, owner: string): string[] => [
  `DROP POLICY IF EXISTS zerodb_system ON ${name}`,
  `CREATE POLICY zerodb_system ON ${name} TO ${owner} USING (${AS_SYSTEM}) WITH CHECK (${AS_SYSTEM})`,
];
