import {
  insufficientStorage,
  inTheWay,
  quotaExceeded,
  tookTooLong,
  unavailable,
  ZeroDbError,
} from '../../common/errors';

export const SERVICE = 'Postgres';

/** Two transactions conflicted; one was rolled back completely. */
const CONFLICT_STATES: ReadonlyMap<string, 'deadlock' | 'serialization'> = new Map([
  ['40P01', 'deadlock'],
  ['40001', 'serialization'],
]);

/** SQLSTATEs that mean "not now", not "wrong": shutdowns, no memory, too many clients, a transaction that stood still. */
const UNAVAILABLE_STATES = new Set(['57P01', '57P02', '57P03', '57P05', '53200', '53300', '25P03', '25P04']);
const LOCK_NOT_AVAILABLE = '55P03';
const CANCELLED = '57014';
const DISK_FULL = '53100';
/** Raised by `zerodb_charge`: the message is the quota, its limit, what is used and what was added. */
const QUOTA_EXCEEDED = 'ZQ001';
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_STREAM_DESTROYED',
]);

/** Checks the shape, not the class: an error may come from another realm, such as a worker. */
const fieldOf = (error: unknown, field: 'code' | 'message'): string => {
  const value = typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[field] : undefined;
  return typeof value === 'string' ? value : '';
};

const codeOf = (error: unknown): string => fieldOf(error, 'code');

export const conflictOf = (error: unknown): 'deadlock' | 'serialization' | undefined =>
  CONFLICT_STATES.get(codeOf(error));

const SQLSTATE = /^[0-9A-Z]{5}$/;
const MESSAGES = /Connection terminated|Client was closed|not queryable|timeout expired|connection error/i;

/** Whether the connection itself is lost; the client it came from must not be used again. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  if (SOCKET_CODES.has(code) || code.startsWith('08')) return true;
  if (['57P01', '57P02', '57P03', '57P05', '25P03', '25P04'].includes(code)) return true;
  return !SQLSTATE.test(code) && MESSAGES.test(fieldOf(error, 'message'));
}

const TLS = /^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO_SELF_SIGNED)/;

/** Whether no secure connection could be made: waiting does not help, an operator does. */
export const isTlsFault = (error: unknown): boolean => {
  const code = codeOf(error);
  // The message of an SQL error may repeat what its statement said.
  return TLS.test(code) || (!SQLSTATE.test(code) && fieldOf(error, 'message').includes('does not support SSL'));
};

/** Whether the server accepted no connection in time: it is busy, hung or cut off. */
export const isConnectTimeout = (error: unknown): boolean =>
  codeOf(error) === 'ETIMEDOUT' || fieldOf(error, 'message').includes('timeout expired');

/** Whether we stopped waiting: the engine may be hung, and a retry would only double the wait. */
export const isTimeout = (error: unknown): boolean => fieldOf(error, 'message').includes('no answer within');

/** Message for a connection that was abandoned because another one went silent. */
export const CLOSED_AS_SILENT = 'another one went silent';

/** Whether to repeat the read: on a connection that answers, it takes little time. */
export const isClosedAsSilent = (error: unknown): boolean => fieldOf(error, 'message').includes(CLOSED_AS_SILENT);

/** Whether a fault that callers see comes from a refused or broken connection, not from a late answer. */
export const isBroken = (fault: unknown): boolean => {
  const cause = fault instanceof ZeroDbError ? fault.cause : fault;
  return isConnectionLoss(cause) && !isTimeout(cause) && !isConnectTimeout(cause);
};

/**
 * What the caller sees: `quota_exceeded` where a project may hold no more; `unavailable` for an engine that isn't there, not in time, or busy with another change of the same
 * data; 507 for a full disk; an SQL error as it is.
 */
export function toFault(error: unknown): unknown {
  if (error instanceof ZeroDbError) return error;
  const code = codeOf(error);
  if (code === DISK_FULL) return diskFull(error);
  if (code === QUOTA_EXCEEDED) return beyondQuota(fieldOf(error, 'message'));
  if (code === LOCK_NOT_AVAILABLE || conflictOf(error)) return inTheWay(error);
  if (code === CANCELLED) return tookTooLong(SERVICE, error);
  return isConnectionLoss(error) || isTlsFault(error) || UNAVAILABLE_STATES.has(code)
    ? unavailable(SERVICE, error)
    : error;
}

function beyondQuota(message: string): ZeroDbError {
  const [quota = '', hard, used, added] = message.split(' ');
  return quotaExceeded({ quota, hard: Number(hard), used: Number(used), added: Number(added) });
}

const diskFull = (cause: unknown): ZeroDbError =>
  insufficientStorage(`The disk of ${SERVICE} is full; nothing was changed. Reads still work.`, { cause });

/**
 * A write whose answer was lost: it may or may not have happened, and `unavailable` would claim that nothing was
 * changed.
 */
export const outcomeUnknown = (cause: unknown): ZeroDbError =>
  new ZeroDbError('unavailable', 503, `${SERVICE} went away before it confirmed the write; it may have been applied.`, {
    retryable: true,
    retryAfterSeconds: 1,
    outcome: 'unknown',
    cause,
  });

export const timedOut = (what: string): ZeroDbError => unavailable(SERVICE, new Error(what));
