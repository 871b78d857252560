import { ZeroDbError } from '../common/errors';
import { ApiError, CliError } from './errors';
import { ExitCode, exitCodeOfStatus, type ExitCodeValue } from './exit-codes';
import { printable } from './output/printable';
import type { Palette } from './output/palette';

export const exitCodeOfError = (error: unknown): ExitCodeValue => {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof ZeroDbError) return exitCodeOfStatus(error.status);
  return ExitCode.failure;
};

/** The error for people: what, where in the input, which request, and what to do about it. */
export function renderError(error: unknown, palette: Palette): string {
  const lines = [`${palette.red('error:')} ${printable(messageOf(error))}`];
  for (const fault of faultsOf(error))
    lines.push(`  ${palette.bold(printable(fault.path))}: ${printable(fault.message)}`);
  if (error instanceof ApiError) {
    const { code, status, requestId } = error.problem;
    lines.push(
      palette.dim(`  code ${code}, status ${status}${requestId === undefined ? '' : `, request ${requestId}`}`),
    );
  }
  if (error instanceof CliError && error.hint !== undefined) lines.push(`${palette.cyan('hint:')} ${error.hint}`);
  return `${lines.join('\n')}\n`;
}

/** The error for scripts that asked for `--json`: one line on standard error. */
export function renderErrorAsJson(error: unknown): string {
  const problem = error instanceof ApiError ? error.problem : undefined;
  return `${JSON.stringify({
    error: {
      message: messageOf(error),
      exit_code: exitCodeOfError(error),
      code: problem?.code ?? (error instanceof ZeroDbError ? error.code : undefined),
      status: problem?.status,
      request_id: problem?.requestId,
      errors: faultsOf(error),
      retryable: problem?.retryable,
      outcome: problem?.outcome,
      hint: error instanceof CliError ? error.hint : undefined,
    },
  })}\n`;
}

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
};

const faultsOf = (error: unknown): readonly { path: string; message: string }[] => {
  if (error instanceof ApiError) return error.problem.faults;
  return error instanceof ZeroDbError ? error.faults : [];
};
