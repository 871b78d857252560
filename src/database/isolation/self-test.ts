import type { Session } from '../sessions/session';
import { rowsOf } from './rows-of';

/** Projects that never exist: identities start at 1. */
const OURS = -1;
const THEIRS = -2;
const LIMIT_MS = 60_000;

const INSERT = `INSERT INTO zerodb_dirty (follower, collection_id, project_id, id, version) VALUES ('@probe', 0, $1, $2, 0)`;
const SEEN = `SELECT project_id FROM zerodb_dirty WHERE follower = '@probe'`;

/**
 * Proves on a live connection, in the same way as requests, that a project sees its own row and no other. Rolls
 * everything back. Throws when a foreign row is visible or the own row is not.
 */
export async function proveIsolation(session: Session, role: string): Promise<void> {
  await rowsOf(session, 'BEGIN');
  try {
    for (const project of [OURS, THEIRS]) await rowsOf(session, INSERT, [project, `${project}`]);
    await session.switchTenant(OURS, role, LIMIT_MS);
    const seen = await rowsOf<{ project_id: number }>(session, SEEN);
    // Must precede the rollback, which restores the connection's previous tenant: the system.
    await session.switchTenant('system', role, LIMIT_MS);
    if (seen.length !== 1 || seen[0]?.project_id !== OURS) throw new Error(notIsolated(seen.length));
  } finally {
    if (!session.isDead) await rowsOf(session, 'ROLLBACK');
  }
}

/**
 * Two open connections never share a server process, unless a pooler lends one to each in turn. A role that is set for
 * one project would then serve the next.
 */
export async function mustNotShareProcess(one: Session, other: Session): Promise<void> {
  const pids: number[] = [];
  for (const session of [one, other]) {
    const [row] = await rowsOf<{ pid: number }>(session, 'SELECT pg_backend_pid() AS pid');
    pids.push(row?.pid ?? 0);
  }
  if (pids[0] === pids[1]) throw new Error(POOLED);
}

const POOLED =
  'ZeroDB does not start: a pooler in transaction or statement mode is in front of Postgres. It loses the role that keeps ' +
  'projects apart. Connect to Postgres itself, or set the pooler to session mode (pgbouncer: pool_mode = session).';

const notIsolated = (rows: number): string =>
  `ZeroDB does not start: row-level security does not keep projects apart (the probe of one project saw ${rows} of two ` +
  'rows, instead of its own). Run "zerodb db check", and see docs/operations.md.';
