import { ZeroDbError } from '../common/errors';
import { ApiError, UnreachableError } from '../client';
import { CliError, hintOf } from './errors';
import { ExitCode, exitCodeOfStatus, type ExitCodeValue } from './exit-codes';
import { printable } from './output/printable';
import type { Palette } from './output/palette';

export const exitCodeOfError = (error: unknown): ExitCodeValue => {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof UnreachableError) return ExitCode.unavailable;
  if (error instanceof ApiError) return exitCodeOfStatus(error.status);
  if (error instanceof ZeroDbError) return exitCodeOfStatus(error.status);
  return ExitCode.failure;
};

/** The error for people: what, where in the input, which request, and what to do about it. */
export function renderError(error: unknown, palette: Palette): string {
  const lines = [`${palette.red('error:')} ${printable(messageOf(error))}`];
  for (const fault of faultsOf(error))
    lines.push(`  ${palette.bold(printable(fault.path))}: ${printable(fault.message)}`);
  if (error instanceof ApiError) {
    const { code, status, requestId } = error;
    lines.push(
      palette.dim(`  code ${code}, status ${status}${requestId === undefined ? '' : `, request ${requestId}`}`),
    );
  }
  const hint = hintOf(error);
  if (hint !== undefined) lines.push(`${palette.cyan('hint:')} ${hint}`);
  return `${lines.join('\n')}\n`;
}

/** The error for scripts that asked for `--json`: one line on standard error. */
export function renderErrorAsJson(error: unknown): string {
  const problem = error instanceof ApiError ? error : undefined;
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
      hint: hintOf(error),
    },
  })}\n`;
}

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
};

const faultsOf = (error: unknown): readonly { path: string; message: string }[] => {
  if (error instanceof ApiError) return error.errors;
  return error instanceof ZeroDbError ? error.faults : [];
};
