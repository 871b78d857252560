/** One fault in the input: `path` is a JSON Pointer into the body, or `query:name`, `header:name`, `path:name`. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/**
 * The outcome of a write that was refused or cut off: not applied, or unknown (it may have been applied in whole or in
 * part).
 */
export type Outcome = 'not_applied' | 'unknown';

export interface ZeroDbErrorOptions {
  readonly faults?: readonly Fault[];
  /** Whether the same request may succeed when sent again. */
  readonly retryable?: boolean;
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Headers that belong to the answer, lower-case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For writes only. */
  readonly outcome?: Outcome | undefined;
  /** Further members of the problem, by their names in the API. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An expected fault: every transport renders it in its own form. Any other error is a defect and a 500. */
export class ZeroDbError extends Error {
  readonly faults: readonly Fault[];
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly outcome: Outcome | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    options: ZeroDbErrorOptions = {},
  ) {
    // What clients cause comes as fast as they send, and its place in the code says nothing: a stack costs more than the answer.
    const { stackTraceLimit } = Error;
    if (status < 500 || code === 'overloaded') Error.stackTraceLimit = 0;
    super(message, { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'ZeroDbError';
    this.faults = options.faults ?? [];
    this.retryable = options.retryable ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
    this.outcome = options.outcome;
    this.details = options.details ?? {};
  }

  /** The same error with the outcome of the write. An `unknown` outcome stays unknown. */
  withOutcome(outcome: Outcome): ZeroDbError {
    if (this.outcome === outcome || this.outcome === 'unknown') return this;
    const message = outcome === 'unknown' ? this.message.replace(NOTHING_CHANGED, MAYBE_CHANGED) : this.message;
    return this.with(message, outcome);
  }

  /** The same error with another message. */
  withMessage(message: string): ZeroDbError {
    return this.with(message, this.outcome);
  }

  private with(message: string, outcome: Outcome | undefined): ZeroDbError {
    const { code, status, faults, retryable, retryAfterSeconds, headers, details, cause } = this;
    const options = { faults, retryable, headers, details, outcome, cause: cause ?? this };
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
