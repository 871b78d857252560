import type { Problem } from './shapes';

export type Fault = Problem['errors'][number];
export type Outcome = NonNullable<Problem['outcome']>;

/** What an answer says that is not a success: its problem+json, or what stands in for it. */
export interface ApiErrorDetails {
  readonly status: number;
  /** Stable, for programs. `http_<status>` where the answer names none. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly Fault[];
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly retryAfterSeconds?: number;
  /** The result of a write that was refused or cut off. Absent for reads, and from servers that do not say. */
  readonly outcome?: Outcome;
  readonly requestId?: string;
}

/** The server refused or failed (RFC 9457). */
export class ApiError extends Error implements ApiErrorDetails {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly Fault[];
  readonly retryable: boolean;
  readonly retryAfterSeconds?: number;
  readonly outcome?: Outcome;
  readonly requestId?: string;

  constructor(details: ApiErrorDetails) {
    super(details.detail);
    this.status = details.status;
    this.code = details.code;
    this.title = details.title;
    this.detail = details.detail;
    this.errors = details.errors;
    this.retryable = details.retryable;
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds;
    if (details.outcome !== undefined) this.outcome = details.outcome;
    if (details.requestId !== undefined) this.requestId = details.requestId;
  }
}

/** No server answered: no connection, a broken one, or silence for too long. A write may have been applied. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly retryable = true;

  constructor(
    readonly url: string,
    /** A few words, such as `connection refused`. */
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`no server answers at ${url} (${reason})`, { cause });
  }
}

/** Not sent: too many calls failed just before (see `Breaker`). Nothing was applied. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly retryable = true;
  readonly outcome = 'not_applied';

  /** @param retryAfterMs when a call is let through again. */
  constructor(readonly retryAfterMs: number) {
    super(`not sent: the server failed many times in a row; try again in ${Math.ceil(retryAfterMs)} ms`);
  }
}

/** Codes of problems that programs tell apart. Further ones exist; see `code`. */
export type ProblemCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'precondition_failed'
  | 'invalid'
  | 'too_large'
  | 'rate_limited'
  | 'overloaded'
  | 'unavailable'
  | 'deadline_exceeded';

/** Whether the server refused with one of these codes: `if (isProblem(error, 'not_found')) …`. */
export const isProblem = (error: unknown, ...codes: readonly (ProblemCode | (string & {}))[]): error is ApiError =>
  error instanceof ApiError && codes.includes(error.code);

/** Whether the same call may succeed when it is made again. */
export const isRetryable = (error: unknown): error is ApiError | UnreachableError =>
  (error instanceof ApiError || error instanceof UnreachableError) && error.retryable;
