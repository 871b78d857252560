import type { Fault, Outcome } from '../common/errors';
import { ExitCode, exitCodeOfStatus, type ExitCodeValue } from './exit-codes';

/** Something the user can act on. `hint` is the remedy, printed on a line of its own. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCodeValue = ExitCode.failure,
    readonly hint?: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = 'CliError';
  }
}

export const usageError = (message: string, hint?: string): CliError => new CliError(message, ExitCode.usage, hint);

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId?: string;
  readonly faults: readonly Fault[];
  readonly retryable: boolean;
  readonly retryAfterSeconds?: number;
  /** What became of a write; absent for reads, and from servers that do not say. */
  readonly outcome?: Outcome;
}

/** An answer of the server that is not a success: its problem+json, or what stands in for it. */
export class ApiError extends CliError {
  constructor(readonly problem: Problem) {
    super(problem.detail, exitCodeOfStatus(problem.status), hintOf(problem));
    this.name = 'ApiError';
  }
}

/** Nobody answers at all. `sent` tells whether the request may have reached a server. */
export class ServerUnreachableError extends CliError {
  constructor(url: string, reason: string, cause: unknown) {
    super(
      `no server answers at ${url} (${reason})`,
      ExitCode.unavailable,
      'Start one with `npm start` (or `zerodb start`), or choose another with --url or ZERODB_URL.',
      { cause },
    );
    this.name = 'ServerUnreachableError';
  }
}

/** Whether the same call may succeed when it is made again. */
export const isRetryable = (error: unknown): boolean =>
  error instanceof ServerUnreachableError || (error instanceof ApiError && error.problem.retryable);

function hintOf(problem: Problem): string | undefined {
  if (problem.status === 401)
    return 'Set a key with --key, ZERODB_API_KEY or ZERODB_ROOT_KEY. The server prints its root key once, at the first start.';
  if (problem.status === 403) return 'Use a key with a higher role (read < write < admin), or the root key.';
  if (problem.outcome === 'unknown') return 'The write may have been applied: check before you run the command again.';
  if (problem.retryAfterSeconds !== undefined) return `Try again in ${problem.retryAfterSeconds} s.`;
  return problem.retryable ? 'The same command may succeed when it is run again.' : undefined;
}
