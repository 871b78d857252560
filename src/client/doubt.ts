import { ApiError, CircuitOpenError } from './errors';
import type { Method } from './operations';

export const isRead = (method: Method): boolean => method === 'get' || method === 'head';

/** Keeps what a later attempt says of itself, that nothing was applied, from being taken for the whole call. */
export class Doubt {
  /** Of the first attempt that may have been applied. */
  private first: unknown;

  constructor(private readonly method: Method) {}

  /** The error of a call whose last attempt failed like this. */
  verdict(error: unknown): unknown {
    if (isRead(this.method)) return error;
    if (!nothingWasApplied(error)) {
      this.first ??= error;
      return error;
    }
    return this.first ?? error;
  }
}

export const nothingWasApplied = (error: unknown): boolean =>
  error instanceof CircuitOpenError || (error instanceof ApiError && error.outcome === 'not_applied');
