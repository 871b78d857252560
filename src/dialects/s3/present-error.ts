import type { FastifyRequest } from 'fastify';
import type { ZeroDbError } from '../../common/errors';
import type { ErrorAnswer } from '../../transports/rest/http-adapter';
import { problemHeaders } from '../../transports/rest/problem';
import { missing, OF_S3, type Translation } from './errors';
import { writeXml, XML_TYPE } from './xml';

/** Any error in S3's shape. Headers such as `Retry-After` stay. */
export const presentError = (error: ZeroDbError, request: FastifyRequest): ErrorAnswer => {
  const { code, status } = translated(error);
  const { 'www-authenticate': _challenge, ...headers } = problemHeaders(error);
  const body = writeXml('Error', {
    Code: code,
    Message: messageOf(error),
    Resource: readable(request.url.split('?')[0] ?? '/'),
    RequestId: request.id,
    HostId: 'zerodb',
  });
  return {
    status,
    headers: { ...headers, 'content-type': XML_TYPE, 'x-amz-request-id': request.id },
    body,
  };
};

/** Percent-encoding stays as it was sent. */
const readable = (path: string): string => path.slice(0, 2_048);

const messageOf = ({ message, faults: [fault] }: ZeroDbError): string =>
  fault === undefined || message.includes(fault.message) ? message : `${message} ${fault.path}: ${fault.message}`;

/** Of an upload whose bytes are not those that were signed. */
const HASH_MISMATCH: Translation = { code: 'XAmzContentSHA256Mismatch', status: 400 };

/** The code of an error in S3's terms. */
export const codeOf = (error: ZeroDbError): string => translated(error).code;

const translated = (error: ZeroDbError): Translation => {
  const { code, status, details, faults } = error;
  if (code === OF_S3) return { code: String(details['code']), status };
  if (code === 'invalid' && faults[0]?.path === 'header:x-content-sha256') return HASH_MISMATCH;
  return missing(error) ?? BY_CODE[code] ?? BY_STATUS[status] ?? { code: 'InternalError', status };
};

const BY_CODE: Readonly<Record<string, Translation>> = {
  invalid: { code: 'InvalidArgument', status: 400 },
  malformed: { code: 'InvalidRequest', status: 400 },
  unauthenticated: { code: 'AccessDenied', status: 403 },
  key_revoked: { code: 'InvalidAccessKeyId', status: 403 },
  key_expired: { code: 'InvalidAccessKeyId', status: 403 },
  rate_limited: { code: 'SlowDown', status: 503 },
  share_exceeded: { code: 'SlowDown', status: 503 },
  overloaded: { code: 'SlowDown', status: 503 },
  request_timeout: { code: 'RequestTimeout', status: 400 },
  insufficient_storage: { code: 'InsufficientStorage', status: 507 },
};

const BY_STATUS: Readonly<Record<number, Translation>> = {
  400: { code: 'InvalidRequest', status: 400 },
  403: { code: 'AccessDenied', status: 403 },
  404: { code: 'NoSuchKey', status: 404 },
  405: { code: 'MethodNotAllowed', status: 405 },
  409: { code: 'OperationAborted', status: 409 },
  412: { code: 'PreconditionFailed', status: 412 },
  413: { code: 'EntityTooLarge', status: 400 },
  415: { code: 'InvalidArgument', status: 400 },
  416: { code: 'InvalidRange', status: 416 },
  503: { code: 'ServiceUnavailable', status: 503 },
};
