import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { unauthenticated, ZeroDbError } from '../../common/errors';
import { errorOf } from '../rest/problem';

/** An error of the catalogue in GraphQL's form. */
export const formatError = (thrown: unknown, requestId: string): GraphQLFormattedError => {
  const error = catalogued(thrown);
  const where = thrown instanceof GraphQLError ? thrown : undefined;
  return {
    message: error.message,
    ...(where?.locations ? { locations: where.locations } : {}),
    ...(where?.path ? { path: where.path } : {}),
    extensions: {
      code: error.code,
      status: error.status,
      errors: error.faults,
      retryable: error.retryable,
      ...(error.retryAfterSeconds === undefined ? {} : { retry_after_seconds: error.retryAfterSeconds }),
      ...(error.outcome === undefined ? {} : { outcome: error.outcome }),
      ...error.details,
      request_id: requestId,
    },
  };
};

/** What stands behind an error: what a resolver threw, or GraphQL's own word about the query. */
export const catalogued = (thrown: unknown): ZeroDbError => {
  if (!(thrown instanceof GraphQLError)) return errorOf(thrown);
  if (thrown.originalError && !(thrown.originalError instanceof GraphQLError)) return errorOf(thrown.originalError);
  return new ZeroDbError('malformed', 400, thrown.message);
};

/** Several faults of a query at once, before anything of it was run. */
export class RefusedQuery extends Error {
  constructor(readonly errors: readonly unknown[]) {
    super('The query is refused.');
    this.name = 'RefusedQuery';
  }
}

/** The errors in what was thrown. */
export const errorsIn = (thrown: unknown): readonly unknown[] => {
  const several = thrown instanceof Error ? (thrown as { errors?: unknown }).errors : undefined;
  return Array.isArray(several) && several.length > 0 ? several : [thrown];
};

/** For guests, where none are served. */
export const keyNeeded = (): ZeroDbError =>
  unauthenticated('Send an API key: "Authorization: Bearer zdb_…", "X-API-Key" or "api-key".');
