import { formatError, validationError } from './errors';

/** Points in one answer. Qdrant has no such bound; here one client's answer must not fill the process's memory. */
export const MOST_POINTS = 10_000;
/** As Qdrant's own default. */
export const DEFAULT_LIMIT = 10;

/** A limit as it was sent in a request of that name. Throws Qdrant's errors. */
export const limitOf = (request: string, limit: number | null | undefined, fallback = DEFAULT_LIMIT): number => {
  if (limit === undefined || limit === null) return fallback;
  if (Number.isInteger(limit) && limit >= 1) return limit;
  if (limit !== 0) throw formatError(`invalid value: integer \`${limit}\`, expected usize`);
  throw validationError(`${request}.limit`, `value ${limit} invalid, must be 1 or larger`);
};
