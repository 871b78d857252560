import { ZeroDbError, type Fault } from './zerodb-error';

/** The catalogue: one factory per stable code. Messages name the thing and the remedy, never a secret. */
export const malformed = (message: string, faults: readonly Fault[] = [], cause?: unknown): ZeroDbError =>
  new ZeroDbError('malformed', 400, message, { faults, cause });

export const invalid = (message: string, faults: readonly Fault[]): ZeroDbError =>
  new ZeroDbError('invalid', 422, message, { faults });

/** A single fault of the input at `path`. */
export const invalidAt = (path: string, message: string): ZeroDbError => invalid(message, [{ path, message }]);

export const unauthenticated = (
  message: string,
  code: 'unauthenticated' | 'key_expired' | 'key_revoked' = 'unauthenticated',
): ZeroDbError => new ZeroDbError(code, 401, message);

export const forbidden = (message: string): ZeroDbError => new ZeroDbError('forbidden', 403, message);

export const notFound = (kind: string, name: string): ZeroDbError =>
  new ZeroDbError('not_found', 404, `There is no ${kind} "${name}".`);

export const conflict = (message: string, retryable = false): ZeroDbError =>
  new ZeroDbError('conflict', 409, message, { retryable });

/** What was asked for was there, and is no more. `details` say what there is instead. */
export const gone = (message: string, details: Readonly<Record<string, unknown>>): ZeroDbError =>
  new ZeroDbError('gone', 410, message, { details });

export const preconditionFailed = (message: string): ZeroDbError =>
  new ZeroDbError('precondition_failed', 412, message);

export const tooLarge = (message: string, faults: readonly Fault[] = []): ZeroDbError =>
  new ZeroDbError('too_large', 413, message, { faults });

/** A range of bytes outside of the content's `size` bytes. */
export const rangeNotSatisfiable = (size: number): ZeroDbError =>
  new ZeroDbError('range_not_satisfiable', 416, `The range is outside the content, which has ${size} bytes.`, {
    headers: { 'content-range': `bytes */${size}` },
  });

/** What the request needs is out of service, and what stands in for it cannot take the request. */
export const noStandIn = (message: string): ZeroDbError =>
  new ZeroDbError('unavailable', 503, message, { retryable: true, retryAfterSeconds: 5 });

/** The storage is full; the same request succeeds once there is space. */
export const insufficientStorage = (message: string, { cause }: { readonly cause?: unknown } = {}): ZeroDbError =>
  new ZeroDbError('insufficient_storage', 507, message, { retryable: true, retryAfterSeconds: 5, cause });

/** `allowed` are the methods that the path supports: named in the message, and in the header `Allow`. */
export const methodNotAllowed = (method: string, path: string, allowed: readonly string[]): ZeroDbError => {
  const useful = allowed.filter((each) => each !== 'OPTIONS' && (each !== 'HEAD' || !allowed.includes('GET')));
  const instead = useful.length < 2 ? useful.join() : `${useful.slice(0, -1).join(', ')} or ${useful.at(-1)}`;
  return new ZeroDbError('method_not_allowed', 405, `${path} does not support ${method}; use ${instead}.`, {
    headers: { allow: allowed.join(', ') },
  });
};

/** A path that speaks WebSocket, asked by plain HTTP. */
export const upgradeNeeded = (path: string): ZeroDbError =>
  new ZeroDbError('upgrade_required', 426, `${path} is a WebSocket: connect to it with a WebSocket client.`, {
    headers: { upgrade: 'websocket', connection: 'upgrade' },
  });

/** The request's deadline passed, and its work was aborted. `outcome` is that of a write. */
export const deadlineExceeded = (timeoutMs: number): ZeroDbError =>
  new ZeroDbError('deadline_exceeded', 503, `The request did not finish within ${timeoutMs} ms.`, {
    retryable: true,
    retryAfterSeconds: 1,
  });

/** The client left; for the log only. The status is nginx's. */
export const clientClosed = (): ZeroDbError =>
  new ZeroDbError('client_closed', 499, 'The client closed the connection.');

export const unsupportedMediaType = (message: string): ZeroDbError =>
  new ZeroDbError('unsupported_media_type', 415, message);

/** `headers` report the budget. */
export const rateLimited = (
  retryAfterSeconds: number,
  headers: Readonly<Record<string, string>> = {},
  message = 'Too many requests. Send fewer requests per second.',
): ZeroDbError => new ZeroDbError('rate_limited', 429, message, { retryable: true, retryAfterSeconds, headers });

/** The project uses its whole share of the process's capacity; others are served. Nothing was done. */
export const shareExceeded = (what: string, retryAfterSeconds = 1): ZeroDbError =>
  new ZeroDbError(
    'share_exceeded',
    429,
    `This project already uses its whole share of ${what}; nothing was done. Try again later.`,
    {
      retryable: true,
      retryAfterSeconds,
    },
  );

export interface Exceeded {
  readonly quota: string;
  readonly hard: number;
  /** Before this request. */
  readonly used: number;
  /** What this request would add. */
  readonly added: number;
}

/**
 * The project has used up what the operator allows it. Nothing was done. `retryAfterSeconds` where a new day helps: 429. What a
 * project holds does not shrink by waiting: 403.
 */
export const quotaExceeded = ({ quota, hard, used, added }: Exceeded, retryAfterSeconds?: number): ZeroDbError => {
  const facts = `The project's quota "${quota}" is ${hard}, ${used} are used, and this request adds ${added}; nothing was changed.`;
  const details = { quota, limit: hard, used, added };
  return retryAfterSeconds === undefined
    ? new ZeroDbError('quota_exceeded', 403, `${facts} Delete something, or ask the operator for more.`, { details })
    : new ZeroDbError('quota_exceeded', 429, `${facts} The count starts again at midnight UTC.`, {
        retryable: true,
        retryAfterSeconds,
        details,
      });
};

/** The process is overloaded. Nothing was done. */
export const overloaded = (what: string, retryAfterSeconds = 1): ZeroDbError =>
  new ZeroDbError('overloaded', 503, `The server is overloaded (${what}); nothing was done. Try again later.`, {
    retryable: true,
    retryAfterSeconds,
  });

export const unavailable = (service: string, cause?: unknown): ZeroDbError =>
  notNow(`${service} is currently unavailable; nothing was changed.`, cause);

/** Another change holds what this one needs. Nothing is wrong with the service: the same request succeeds a moment later. */
export const inTheWay = (cause?: unknown): ZeroDbError =>
  notNow('Another change of the same data did not end in time; nothing was changed. Try again.', cause);

/** `service` answers, but not this within its limit. */
export const tookTooLong = (service: string, cause?: unknown): ZeroDbError =>
  notNow(`${service} took too long for this request; nothing was changed.`, cause);

const notNow = (message: string, cause: unknown): ZeroDbError =>
  new ZeroDbError('unavailable', 503, message, { retryable: true, retryAfterSeconds: 1, cause });
