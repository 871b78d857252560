import { insufficientStorage, inTheWay, tookTooLong, unavailable, ZeroDbError } from '../../common/errors';

export const SERVICE = 'Postgres';

/** Two transactions were in each other's way; one was rolled back, and nothing of it happened. */
const RACES: ReadonlyMap<string, 'deadlock' | 'serialization'> = new Map([
  ['40P01', 'deadlock'],
  ['40001', 'serialization'],
]);

/** SQLSTATEs that mean "not now", not "wrong": shutdowns, no memory, too many clients, a transaction that stood still. */
const NOT_NOW = new Set(['57P01', '57P02', '57P03', '57P05', '53200', '53300', '25P03', '25P04']);
const LOCK_NOT_AVAILABLE = '55P03';
const CANCELLED = '57014';
const DISK_FULL = '53100';
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

/** Told by shape, not by class: an error may come from another realm, such as a worker's. */
const fieldOf = (error: unknown, field: 'code' | 'message'): string => {
  const value = typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[field] : undefined;
  return typeof value === 'string' ? value : '';
};

const codeOf = (error: unknown): string => fieldOf(error, 'code');

export const raceOf = (error: unknown): 'deadlock' | 'serialization' | undefined => RACES.get(codeOf(error));

const SQLSTATE = /^[0-9A-Z]{5}$/;
const MESSAGES = /Connection terminated|Client was closed|not queryable|timeout expired|connection error/i;

/** Whether the connection itself is lost; the client it came from must not be used again. */
export function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error);
  if (SOCKET_CODES.has(code) || code.startsWith('08')) return true;
  if (['57P01', '57P02', '57P03', '57P05', '25P03', '25P04'].includes(code)) return true;
  return !SQLSTATE.test(code) && MESSAGES.test(fieldOf(error, 'message'));
}

/** Whether the server let nobody in within the time that a connection may take: it is busy, hung or cut off. */
export const isConnectTimeout = (error: unknown): boolean =>
  codeOf(error) === 'ETIMEDOUT' || fieldOf(error, 'message').includes('timeout expired');

/** Whether we gave up waiting: the engine may be hung, and asking again would only double the wait. */
export const isLate = (error: unknown): boolean => fieldOf(error, 'message').includes('no answer within');

/** Said of a connection that was given up because another one went silent. */
export const DOUBTED = 'another one went silent';

/** Whether what was read is to be asked again: on a connection that answers it costs a moment. */
export const isDoubted = (error: unknown): boolean => fieldOf(error, 'message').includes(DOUBTED);

/** Whether a fault, as callers see it, comes from a connection that was refused or broken: not from one that was only late. */
export const isBroken = (fault: unknown): boolean => {
  const cause = fault instanceof ZeroDbError ? fault.cause : fault;
  return isConnectionLoss(cause) && !isLate(cause) && !isConnectTimeout(cause);
};

/**
 * What the caller sees: `unavailable` for an engine that isn't there, not in time, or busy with another change of the same
 * data; 507 for a full disk; an SQL error as it is.
 */
export function toFault(error: unknown): unknown {
  if (error instanceof ZeroDbError) return error;
  const code = codeOf(error);
  if (code === DISK_FULL) return diskFull(error);
  if (code === LOCK_NOT_AVAILABLE || raceOf(error)) return inTheWay(error);
  if (code === CANCELLED) return tookTooLong(SERVICE, error);
  return isConnectionLoss(error) || NOT_NOW.has(code) ? unavailable(SERVICE, error) : error;
}

const diskFull = (cause: unknown): ZeroDbError =>
  insufficientStorage(`The disk of ${SERVICE} is full; nothing was changed. Reads go on.`, { cause });

/**
 * A write whose answer was lost: it may or may not have happened, and `unavailable` says "nothing was changed", which
 * would be a lie here.
 */
export const outcomeUnknown = (cause: unknown): ZeroDbError =>
  new ZeroDbError('unavailable', 503, `${SERVICE} went away before it confirmed the write; it may have been applied.`, {
    retryable: true,
    retryAfterSeconds: 1,
    outcome: 'unknown',
    cause,
  });

export const timedOut = (what: string): ZeroDbError => unavailable(SERVICE, new Error(what));
