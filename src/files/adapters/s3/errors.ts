import { messageOf } from '../../../common/message-of';
import { ServiceFault, type ServiceFaultKind } from '../../../common/service-fault';
import type { S3Call } from './s3-transport';

const SERVICE = 'object_store';

const INSUFFICIENT_STORAGE = 507;
const FULL = ['XMinioStorageFull', 'StorageFull', 'InsufficientStorage', 'XMinioAdminBucketQuotaExceeded'];

const MISSING = ['NoSuchKey', 'NotFound'];

const BY_CODE: Readonly<Record<string, ServiceFaultKind>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
  ABORT_ERR: 'timeout',
  NoSuchBucket: 'wrong_data',
  SlowDown: 'throttled',
  SlowDownWrite: 'throttled',
  SlowDownRead: 'throttled',
  TooManyRequests: 'throttled',
};

const codeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
};

/** Whether the store reports that the object does not exist. */
export const isMissing = (error: unknown): boolean => MISSING.includes(codeOf(error));

/** Whether the connection was closed by a peer that had not seen the request yet. */
export const isStaleConnection = (error: unknown, call: S3Call): boolean =>
  call.reusedSocket === true && call.status === undefined && faultKind(error, call) === 'reset';

const faultKind = (error: unknown, { status = 0 }: S3Call): ServiceFaultKind => {
  const code = codeOf(error);
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (known) return known;
  if (status === 401 || status === 403) return 'unauthorised';
  if (status === 429 || status === 503) return 'throttled';
  if (status >= 500) return 'server_error';
  if (/^(CERT|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/.test(code)) return 'tls';
  return error instanceof Error && /hang up|aborted/.test(error.message) ? 'reset' : 'bad_answer';
};

/** Maps the client's errors to ours. Its messages contain at most keys of objects, never credentials. */
export const s3Fault = (error: unknown, call: S3Call): ServiceFault => {
  if (error instanceof ServiceFault) return error;
  const kind = faultKind(error, call);
  const text = messageOf(error).slice(0, 200);
  const code = codeOf(error);
  const message = `The object store: ${code ? `${code}: ` : ''}${text}${call.status ? ` (HTTP ${call.status})` : ''}`;
  return new ServiceFault(SERVICE, kind, message, {
    cause: error,
    isFull: call.status === INSUFFICIENT_STORAGE || FULL.includes(code),
    outcomeUnknown: kind === 'timeout' || kind === 'reset',
  });
};

export const s3Timeout = (message: string): ServiceFault => new ServiceFault(SERVICE, 'timeout', message);
