import { canUseRole } from '../isolation/login';
import type { Session } from '../sessions/session';

const LIMIT_MS = 60_000;
const MINIMUM = [0, 8] as const;

/**
 * Creates the extension and the role as far as this login may; `mustHaveRole` checks the result. Safe to repeat, and to
 * run in several databases of one server at once.
 */
export async function bootstrap(session: Session): Promise<void> {
  await ensureVector(session);
  await ensureRole(session);
}

async function ensureVector(session: Session): Promise<void> {
  const available = await rows<{ installed: string | null; offered: string }>(
    session,
    `SELECT installed_version AS installed, default_version AS offered FROM pg_available_extensions WHERE name = 'vector'`,
  );
  const [extension] = available;
  if (!extension) throw new Error('This Postgres has no pgvector. Install pgvector 0.8 or later on the server.');
  const version = extension.installed ?? extension.offered;
  if (isOld(version)) throw new Error(tooOld(version, extension));
  if (extension.installed) return;
  try {
    await rows(session, 'CREATE EXTENSION IF NOT EXISTS vector');
  } catch (error) {
    throw new Error('The extension "vector" could not be created. Ask a superuser to run: CREATE EXTENSION vector;', {
      cause: error,
    });
  }
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1]);
}

function tooOld(version: string, { offered }: { offered: string }): string {
  const remedy = isOld(offered)
    ? 'Install pgvector 0.8 or later on the server, then run: ALTER EXTENSION vector UPDATE;'
    : 'Run: ALTER EXTENSION vector UPDATE;';
  return `pgvector ${version} is too old; ZeroDB needs 0.8 or later. ${remedy}`;
}

// Roles belong to the whole server: another process may create this one between the check and the statement.
const CREATE_ROLE = `
DO $$ BEGIN
  CREATE ROLE zerodb_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$`;
const GRANT_ROLE = `
DO $$ BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT zerodb_app TO %I', current_user);
  END IF;
EXCEPTION WHEN insufficient_privilege OR undefined_object OR unique_violation OR internal_error THEN NULL;
END $$`;

async function ensureRole(session: Session): Promise<void> {
  const known = await rows(session, `SELECT 1 FROM pg_roles WHERE rolname = 'zerodb_app'`);
  if (known.length === 0) await rows(session, CREATE_ROLE);
  if (!(await canUseRole(session))) await rows(session, GRANT_ROLE);
}

async function rows<Row>(session: Session, sql: string): Promise<Row[]> {
  return (await session.query<Row>(sql, undefined, LIMIT_MS)).rows;
}
