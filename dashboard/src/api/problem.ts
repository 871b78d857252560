import { ApiError, UnreachableError } from '../../../src/client';

export { ApiError, errorFrom, UnreachableError } from '../../../src/client';

/** Whether the same request may well succeed in a moment. */
export const isPassing = (error: unknown): error is ApiError | UnreachableError =>
  error instanceof UnreachableError || (error instanceof ApiError && (error.status === 429 || error.status === 503));
