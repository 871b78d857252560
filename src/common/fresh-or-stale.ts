import { ZeroDbError } from './errors';

/** Milliseconds that a look at Postgres may take when there is a remembered answer to go on with. */
const PATIENCE_MS = 250;

/**
 * The present value; the remembered one when Postgres is not available, or is late in saying. What is remembered must be
 * bounded in number and in age by the caller. Rejects as `load` does when nothing is remembered.
 */
export async function freshOrStale<T>(load: () => Promise<T>, stale: T | undefined): Promise<T> {
  if (stale === undefined) return await load();
  const fresh = load().catch((error: unknown) => {
    if (error instanceof ZeroDbError && error.status === 503) return stale;
    throw error;
  });
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, stale);
  });
  // The loser is still listened to: a late rejection is nobody's surprise.
  fresh.catch(() => undefined);
  return await Promise.race([fresh, patience]).finally(() => clearTimeout(timer));
}
