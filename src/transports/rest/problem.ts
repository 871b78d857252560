import { unavailable, ZeroDbError, type Outcome } from '../../common/errors';
import { isAvailabilityFault } from '../../common/service-fault';

/** RFC 9457, with our additions. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  readonly retryable: boolean;
  readonly outcome?: Outcome;
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition failed',
  413: 'Too large',
  415: 'Unsupported media type',
  416: 'Range not satisfiable',
  422: 'Invalid input',
  426: 'Upgrade required',
  429: 'Too many requests',
  503: 'Unavailable',
  507: 'Insufficient storage',
};

export const problemOf = (error: ZeroDbError, requestId: string): Problem => ({
  type: 'about:blank',
  title: TITLES[error.status] ?? 'Error',
  status: error.status,
  detail: error.message,
  code: error.code,
  request_id: requestId,
  errors: error.faults,
  retryable: error.retryable,
  ...(error.outcome === undefined ? {} : { outcome: error.outcome }),
  ...error.details,
});

/** What was not expected says nothing of its inside. */
export const internalError = (cause: unknown): ZeroDbError =>
  new ZeroDbError('internal', 500, 'An internal error occurred; the log has the details under this request id.', {
    cause,
  });

/** Headers that belong to an error's answer. */
export const problemHeaders = (error: ZeroDbError): Record<string, string> => {
  const headers: Record<string, string> = { 'content-type': PROBLEM_TYPE, ...error.headers };
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfterSeconds));
  if (error.status === 401) headers['www-authenticate'] ??= 'Bearer realm="zerodb"';
  return headers;
};

/** Tells how long the server took, where its log does not have a line. The field of W3C's Server Timing. */
export const serverTiming = (ms: number): Record<string, string> => ({ 'server-timing': `total;dur=${ms.toFixed(1)}` });

const SERVICE_TITLES: Readonly<Record<string, string>> = {
  qdrant: 'Qdrant',
  object_store: 'The object store',
  broker: 'The broker',
  embeddings: 'The embedding provider',
};

/** The catalogue's error in what was thrown: Fastify's own are translated, anything unknown is internal. */
export const errorOf = (thrown: unknown): ZeroDbError => {
  if (thrown instanceof ZeroDbError) return thrown;
  // A service that nobody could stand in for. What it refused is our mistake, not the caller's.
  if (isAvailabilityFault(thrown)) return unavailable(SERVICE_TITLES[thrown.service] ?? thrown.service, thrown);
  const status = thrown instanceof Error ? (thrown as { statusCode?: unknown }).statusCode : undefined;
  if (thrown instanceof Error && typeof status === 'number' && status >= 400 && status < 500) {
    return new ZeroDbError(status === 413 ? 'too_large' : 'malformed', status, thrown.message, { cause: thrown });
  }
  return internalError(thrown);
};
