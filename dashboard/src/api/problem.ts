/** One fault of a request: where it is and what is wrong with it. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

interface ProblemBody {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly request_id?: string;
  readonly errors?: readonly Fault[];
}

/** What the API answers instead of a result (RFC 9457). `status` 0: the server was not reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly Fault[] = [],
    /** Seconds. */
    readonly retryAfter?: number,
    readonly requestId?: string,
  ) {
    super(detail);
  }

  /** Whether the same request may well succeed in a moment. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503;
  }
}

export const unreachable = (): ApiError =>
  new ApiError(0, 'unreachable', 'No connection', 'ZeroDB cannot be reached. It may be restarting.');

/** The error in an answer that is no success, whatever its body is. */
export async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  return errorFrom(response.status, text, response.headers.get('retry-after'));
}

/** As `errorOf`, for what is not a `Response`. */
export function errorFrom(status: number, text: string, retryAfter: string | null): ApiError {
  const problem = parsed(text);
  const { code = 'unknown', title = 'Error', detail, errors = [], request_id } = problem;
  const seconds = retryAfter === null ? undefined : Number(retryAfter);
  return new ApiError(status, code, title, detail ?? `The answer was ${status}.`, errors, seconds, request_id);
}

function parsed(text: string): ProblemBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}
