import type { Session } from '../sessions/session';
import { rowsOf } from './rows-of';

/** Rights of the database login and of the role for scoped statements. */
export interface LoginFacts {
  /** Quoted, as SQL takes it. */
  readonly login: string;
  readonly isSuperuser: boolean;
  readonly bypassesRls: boolean;
  readonly hasRole: boolean;
  readonly mayUseRole: boolean;
  /** Whether `zerodb_app` itself bypasses row-level security. */
  readonly roleIsUnbound: boolean;
  /** Owners of our tables, quoted, whose rights the login lacks. */
  readonly foreignOwners: readonly string[];
  /** Owners of our tables, quoted, whose rights `zerodb_app` has. */
  readonly ownersOfRole: readonly string[];
  /** The schema of our tables, quoted, when `zerodb_app` may not use it. */
  readonly closedSchema: string | null;
}

const FACTS = `
WITH owners AS (
  SELECT DISTINCT c.relowner AS oid, r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND c.relname LIKE 'zerodb\\_%'
), app AS (SELECT oid, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'zerodb_app')
SELECT quote_ident(me.rolname) AS login, me.rolsuper AS "isSuperuser", me.rolbypassrls AS "bypassesRls",
  EXISTS (SELECT FROM app) AS "hasRole",
  EXISTS (SELECT FROM app WHERE rolsuper OR rolbypassrls) AS "roleIsUnbound",
  ARRAY(SELECT quote_ident(o.rolname) FROM owners o WHERE NOT pg_has_role(current_user, o.oid, 'USAGE')) AS "foreignOwners",
  ARRAY(SELECT quote_ident(o.rolname) FROM owners o, app WHERE pg_has_role(app.oid, o.oid, 'MEMBER')) AS "ownersOfRole",
  (SELECT quote_ident(current_schema()::text) FROM app
    WHERE NOT has_schema_privilege(app.oid, current_schema()::text, 'USAGE')) AS "closedSchema"
FROM pg_roles me WHERE me.rolname = current_user`;

/** Reads the facts on this connection; tries whether the role can be used instead of computing it. */
export async function readLogin(session: Session): Promise<LoginFacts> {
  const [facts] = await rowsOf<Omit<LoginFacts, 'mayUseRole'>>(session, FACTS);
  if (!facts) throw new Error('Postgres does not say which role its login has.');
  return { ...facts, mayUseRole: facts.hasRole && (await canUseRole(session)) };
}

/** Membership is not enough: since Postgres 16 a role's creator may grant it without being able to act as it. */
export async function canUseRole(session: Session): Promise<boolean> {
  try {
    await rowsOf(session, 'SET ROLE zerodb_app');
    await rowsOf(session, 'RESET ROLE');
    return true;
  } catch {
    return false;
  }
}

/** The statements that an administrator must run before ZeroDB can start; empty when nothing is missing. */
export function missingGrants(facts: LoginFacts): string[] {
  const { login } = facts;
  return [
    ...(facts.hasRole ? [] : ['CREATE ROLE zerodb_app NOLOGIN;']),
    ...(facts.roleIsUnbound ? ['ALTER ROLE zerodb_app NOSUPERUSER NOBYPASSRLS;'] : []),
    ...(facts.mayUseRole ? [] : [`GRANT zerodb_app TO ${login};`]),
    ...facts.foreignOwners.map((owner) => `GRANT ${owner} TO ${login};`),
    ...facts.ownersOfRole.map((owner) => `REVOKE ${owner} FROM zerodb_app;`),
    ...(facts.closedSchema === null ? [] : [`GRANT USAGE ON SCHEMA ${facts.closedSchema} TO zerodb_app;`]),
  ];
}

/** Warnings about a login that works but has too many rights. */
export function warningsOf({ login, isSuperuser, bypassesRls }: LoginFacts): string[] {
  if (!isSuperuser && !bypassesRls) return [];
  const what = isSuperuser ? 'is a superuser' : 'has BYPASSRLS';
  return [
    `The database login ${login} ${what}: row-level security binds it only while it acts as zerodb_app. ` +
      'Use a separate login without these rights; see docs/operations.md.',
  ];
}
