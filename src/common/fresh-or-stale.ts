import { ZeroDbError } from './errors';

/** Milliseconds to wait for Postgres when there is a remembered value to use instead. */
const PATIENCE_MS = 250;
/** The same for a Postgres that has answered nobody for as long, and may be back: those of a query. */
const LEAST_MS = 25;

/**
 * Returns the current value, or the remembered one when Postgres is unavailable or late; `silentMs` is how long it has
 * answered nobody, and counts as waited. The caller must bound the number and the age of remembered values. Rejects as
 * `load` does when nothing is remembered.
 */
export async function freshOrStale<T>(load: () => Promise<T>, stale: T | undefined, silentMs: number): Promise<T> {
  if (stale === undefined) return await load();
  const fresh = load().catch((error: unknown) => {
    if (error instanceof ZeroDbError && error.status === 503) return stale;
    throw error;
  });
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, Math.max(LEAST_MS, PATIENCE_MS - silentMs), stale);
  });
  // Avoids an unhandled rejection of the loser.
  fresh.catch(() => undefined);
  return await Promise.race([fresh, patience]).finally(() => clearTimeout(timer));
}
