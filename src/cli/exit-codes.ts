/** What the process ends with. Scripts rely on these: they are documented in `--help` and `docs/cli.md`. */
export const ExitCode = {
  ok: 0,
  /** The command ran and something in it failed: a broken line, a broken file, drift found, a server error. */
  failure: 1,
  /** The command line or the input is wrong; nothing was done. */
  usage: 2,
  notFound: 3,
  /** No key, a wrong key, or a key that may not do this. */
  auth: 4,
  /** No server answers, or it asks to come back later. */
  unavailable: 5,
  /** Something by that name exists already, or changed meanwhile. */
  conflict: 6,
  /** Stopped by Ctrl-C (128 + SIGINT). */
  interrupted: 130,
} as const;

export type ExitCodeValue = (typeof ExitCode)[keyof typeof ExitCode];

const BY_STATUS: Readonly<Record<number, ExitCodeValue>> = {
  400: ExitCode.usage,
  401: ExitCode.auth,
  403: ExitCode.auth,
  404: ExitCode.notFound,
  409: ExitCode.conflict,
  412: ExitCode.conflict,
  413: ExitCode.usage,
  415: ExitCode.usage,
  422: ExitCode.usage,
  429: ExitCode.unavailable,
  502: ExitCode.unavailable,
  503: ExitCode.unavailable,
  504: ExitCode.unavailable,
};

/** The exit code that an HTTP status stands for. */
export const exitCodeOfStatus = (status: number): ExitCodeValue => BY_STATUS[status] ?? ExitCode.failure;

export const EXIT_CODE_HELP = `Exit codes:
  0  done
  1  failed, or done in part (a line, a file or a check failed)
  2  wrong command line or input; nothing was done
  3  not found
  4  no key, a wrong key, or a key that may not do this
  5  no server answers, or it is currently unavailable
  6  conflict: exists already, or changed meanwhile
  130  interrupted`;
