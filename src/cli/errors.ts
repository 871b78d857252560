import { ApiError, UnreachableError } from '../client';
import { ExitCode, type ExitCodeValue } from './exit-codes';

/** Something the user can act on. `hint` is the remedy, printed on a separate line. */
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

/** The remedy for what went wrong, where there is one. */
export function hintOf(error: unknown): string | undefined {
  if (error instanceof CliError) return error.hint;
  if (error instanceof UnreachableError && error.message.includes('no secure connection'))
    return 'Name the authority of its certificate with --ca or ZERODB_CA_FILE, and the host that the certificate names with --url.';
  if (error instanceof UnreachableError)
    return 'Start one with `npm start` (or `zerodb start`), or choose another with --url or ZERODB_URL.';
  return error instanceof ApiError ? hintOfApi(error) : undefined;
}

function hintOfApi(problem: ApiError): string | undefined {
  if (problem.status === 401)
    return 'Set a key with --key or ZERODB_API_KEY. The server prints its root key once, at the first start.';
  if (problem.status === 403) return 'Use a key with a higher role (read < write < admin), or the root key.';
  if (problem.outcome === 'unknown') return 'The write may have been applied: check before you run the command again.';
  if (problem.retryAfterSeconds !== undefined) return `Try again in ${problem.retryAfterSeconds} s.`;
  return problem.retryable ? 'The same command may succeed when it is run again.' : undefined;
}
