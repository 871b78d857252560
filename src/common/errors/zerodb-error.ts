/** One fault in the input: `path` is a JSON Pointer into the body, or `query:name`, `header:name`, `path:name`. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

export interface ZeroDbErrorOptions {
  readonly faults?: readonly Fault[];
  /** Whether the same request may succeed when sent again. */
  readonly retryable?: boolean;
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Headers that belong to the answer, lower-case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An expected fault: every door renders it in its own form. Anything else that is thrown is a defect and a 500. */
export class ZeroDbError extends Error {
  readonly faults: readonly Fault[];
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

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
  }
}
