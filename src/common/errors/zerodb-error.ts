/** One fault in the input: `path` is a JSON Pointer into the body, or `query:name`, `header:name`, `path:name`. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** What became of a write that was refused or cut off: nothing of it, or nobody can say (it may have been applied, in part too). */
export type Outcome = 'not_applied' | 'unknown';

export interface ZeroDbErrorOptions {
  readonly faults?: readonly Fault[];
  /** Whether the same request may succeed when sent again. */
  readonly retryable?: boolean;
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Headers that belong to the answer, lower-case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a write; errors of reads carry none. */
  readonly outcome?: Outcome | undefined;
  readonly cause?: unknown;
}

/** An expected fault: every door renders it in its own form. Anything else that is thrown is a defect and a 500. */
export class ZeroDbError extends Error {
  readonly faults: readonly Fault[];
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly outcome: Outcome | undefined;

  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    options: ZeroDbErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ZeroDbError';
    this.faults = options.faults ?? [];
    this.retryable = options.retryable ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
    this.outcome = options.outcome;
  }

  /** The same error, saying what became of the write. What is known to be unknown stays so. */
  withOutcome(outcome: Outcome): ZeroDbError {
    if (this.outcome === outcome || this.outcome === 'unknown') return this;
    const { code, status, faults, retryable, retryAfterSeconds, headers, cause } = this;
    const message = outcome === 'unknown' ? this.message.replace(NOTHING_CHANGED, MAYBE_CHANGED) : this.message;
    const options = { faults, retryable, headers, outcome, cause: cause ?? this };
    return new ZeroDbError(
      code,
      status,
      message,
      retryAfterSeconds === undefined ? options : { ...options, retryAfterSeconds },
    );
  }
}

const NOTHING_CHANGED = 'nothing was changed';
const MAYBE_CHANGED = 'the write may have been applied';
