import type { Session } from '../sessions/session';
import { oneByOne } from './one-by-one';
import { rowsOf } from './rows-of';

/** The role that runs the statements of users. It may read these tables and the records of collections, nothing else. */
export const SQL_ROLE = 'zerodb_sql';
const READABLE = [
  'zerodb_collections',
  'zerodb_buckets',
  'zerodb_files',
  'zerodb_memory_records',
  'zerodb_topics',
  'zerodb_events',
  'zerodb_graphs',
  'zerodb_graph_nodes',
  'zerodb_graph_edges',
];
const RUNNERS = ['zerodb_sql_plan(text, jsonb)', 'zerodb_sql_rows(text, jsonb, bigint)'];

/** Whether users' statements can be run here: the role owns the functions that run them, and is bound by policies. */
export const SQL_READY = `
SELECT (SELECT count(*) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
    AND proname IN ('zerodb_sql_plan', 'zerodb_sql_rows') AND prosecdef AND proowner = r.oid) = ${RUNNERS.length}
  AND NOT r.rolsuper AND NOT r.rolbypassrls AND NOT EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) AS ready
FROM pg_roles r WHERE r.rolname = '${SQL_ROLE}'`;

/** What an administrator runs where the login may not do it itself. The owner of a function needs the rights on its schema. */
export const sqlRoleStatements = (login: string): string =>
  `CREATE ROLE ${SQL_ROLE} NOLOGIN; GRANT ${SQL_ROLE} TO ${login}; GRANT USAGE, CREATE ON SCHEMA public TO ${SQL_ROLE};`;

/**
 * After the migrations: makes the role, its rights and its policies as far as the login may. Without them the product
 * starts, and refuses SQL. Safe to repeat. Returns the tables that were in use all the time: they follow at the next start.
 */
export async function prepareSqlRole(session: Session, isNew: boolean): Promise<string[]> {
  await attempt(
    session,
    `CREATE ROLE ${SQL_ROLE} NOLOGIN`,
    `EXISTS (SELECT FROM pg_roles WHERE rolname = '${SQL_ROLE}')`,
  );
  if (!(await canUse(session))) await attempt(session, `EXECUTE format('GRANT ${SQL_ROLE} TO %I', current_user)`);
  if (!(await canUse(session))) return [];
  const wanted = await missingRights(session);
  // Statements that are sent together run in one transaction; in a database in use they lock one table at a time.
  if (isNew && wanted.size > 0) await rowsOf(session, [...wanted.values()].join(';'));
  const left = isNew ? [] : await oneByOne(session, wanted);
  await own(session);
  return left;
}

/** Roles belong to the whole server: another process may make this one at the same moment. */
async function attempt(session: Session, statement: string, unless = 'false'): Promise<void> {
  await rowsOf(
    session,
    `DO $$ BEGIN IF NOT (${unless}) THEN ${statement}; END IF;
     EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege OR undefined_object OR internal_error THEN NULL;
     END $$`,
  );
}

async function canUse(session: Session): Promise<boolean> {
  try {
    await rowsOf(session, `SET ROLE ${SQL_ROLE}`);
    await rowsOf(session, 'RESET ROLE');
    return true;
  } catch {
    return false;
  }
}

const TABLES = `
SELECT c.relname::text AS name, has_table_privilege('${SQL_ROLE}', c.oid, 'SELECT') AS readable,
  EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'zerodb_sql') AS bound
FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND (c.relname = ANY ($1) OR c.relname ~ '^zerodb_vectors_[0-9]+$') ORDER BY c.relname`;

/** Statements by table. The policy comes before the right to read. */
async function missingRights(session: Session): Promise<Map<string, string>> {
  const tables = await rowsOf<{ name: string; readable: boolean; bound: boolean }>(session, TABLES, [READABLE]);
  const policy = (name: string): string =>
    `CREATE POLICY zerodb_sql ON ${name} AS RESTRICTIVE FOR SELECT TO ${SQL_ROLE} USING (project_id = (SELECT zerodb_sql_project()))`;
  return new Map(
    tables
      .filter(({ readable, bound }) => !readable || !bound)
      .map(({ name, readable, bound }) => [
        name,
        [...(bound ? [] : [policy(name)]), ...(readable ? [] : [`GRANT SELECT ON ${name} TO ${SQL_ROLE}`])].join(';'),
      ]),
  );
}

/** The new owner of a function needs the right to make one in its schema, for that moment; an administrator may have given it. */
async function own(session: Session): Promise<void> {
  const [row] = await rowsOf<{ ready: boolean }>(session, SQL_READY);
  await rowsOf(session, `GRANT EXECUTE ON FUNCTION zerodb_sql_project() TO ${SQL_ROLE}`);
  if (row?.ready === true) return;
  const [found] = await rowsOf<{ schema: string }>(session, 'SELECT quote_ident(current_schema()::text) AS schema');
  const schema = found?.schema ?? 'public';
  const mayMake = `has_schema_privilege('${SQL_ROLE}', current_schema()::text, 'CREATE')`;
  const change = RUNNERS.map((runner) => `ALTER FUNCTION ${runner} OWNER TO ${SQL_ROLE};`).join(' ');
  await attempt(session, `GRANT USAGE ON SCHEMA ${schema} TO ${SQL_ROLE}`);
  await attempt(
    session,
    `IF ${mayMake} THEN ${change} ELSE
     GRANT CREATE ON SCHEMA ${schema} TO ${SQL_ROLE};
     ${change}
     REVOKE CREATE ON SCHEMA ${schema} FROM ${SQL_ROLE}; END IF`,
  );
}
