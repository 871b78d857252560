import type { Collection } from '../../collections/collection';
import type { Include } from '../../collections/vector-store.port';
import { formatError, validationError } from './errors';

/** Points in one answer. Qdrant has no such bound; here one client's answer must not fill the process's memory. */
export const MOST_POINTS = 10_000;
/** Points of which each is compared with those that are picked: vectors of 1,536 numbers take some seconds. */
export const MOST_COMPARED = 1_000;
/** Numbers of vectors in one answer: about 40 MB of JSON. */
export const MOST_NUMBERS = 4_000_000;

/** Bytes of payloads in one answer. */
export const MOST_BYTES = 64 * 1024 * 1024;
/** Points whose payloads are read without weighing them first: more may be too much for one answer. */
export const READ_AT_ONCE = 1_000;

/**
 * Points in one answer of this collection: fewer where they come with long vectors. Those with names are counted as they are
 * read.
 */
export const mostPoints = (
  { dimension }: Pick<Collection, 'dimension'>,
  { include }: { readonly include: Pick<Include, 'vector'> },
): number => (include.vector ? Math.min(MOST_POINTS, Math.max(1, Math.floor(MOST_NUMBERS / dimension))) : MOST_POINTS);

/** As Qdrant's own default. */
export const DEFAULT_LIMIT = 10;

/** A limit as it was sent in a request of that name. Throws Qdrant's errors. */
export const limitOf = (request: string, limit: number | null | undefined): number =>
  positiveOf(`${request}.limit`, limit, DEFAULT_LIMIT);

/** The same of any number that is 1 or more. */
export const positiveOf = (name: string, limit: number | null | undefined, fallback: number): number => {
  if (limit === undefined || limit === null) return fallback;
  if (Number.isInteger(limit) && limit >= 1) return limit;
  if (limit !== 0) throw formatError(`invalid value: integer \`${limit}\`, expected usize`);
  throw validationError(name, `value ${limit} invalid, must be 1 or larger`);
};
