import { ZeroDbError } from '../../common/errors';
import type { PresentError } from '../../transports/rest/http-adapter';
import { problemHeaders } from '../../transports/rest/problem';

const JSON_TYPE = 'application/json; charset=utf-8';

export const badArgument = (message: string): ZeroDbError => new ZeroDbError('invalid', 400, message);
export const missing = (what: string, name: string): ZeroDbError =>
  new ZeroDbError('not_found', 404, `${what} [${name}] does not exist`);
export const exists = (what: string, name: string): ZeroDbError =>
  new ZeroDbError('conflict', 409, `${what} [${name}] already exists`);
export const unsupported = (what: string): ZeroDbError =>
  new ZeroDbError('unsupported', 501, `${what} not supported by ZeroDB`);
export const wrongDimension = (expected: number, got: number): ZeroDbError =>
  badArgument(`Collection expecting embedding with dimension of ${expected}, got ${got}`);

/** By status, the names by which Chroma's clients choose what to throw. */
const NAMES: Readonly<Record<number, string>> = {
  400: 'InvalidArgumentError',
  401: 'AuthError',
  403: 'AuthError',
  404: 'NotFoundError',
  409: 'UniqueConstraintError',
  413: 'BatchSizeExceededError',
  429: 'RateLimitError',
};

/** Any error in Chroma's shape. Headers such as `Retry-After` stay. */
export const presentError: PresentError = (error, request) => {
  const status = error.status === 422 ? 400 : error.status;
  const name = NAMES[status] ?? (status >= 500 ? 'InternalError' : 'ChromaError');
  return {
    status,
    // Clients show it with what they throw.
    headers: { ...problemHeaders(error), 'content-type': JSON_TYPE, 'chroma-trace-id': request.id },
    body: JSON.stringify({ error: name, message: messageOf(error) }),
  };
};

const messageOf = ({ message, faults: [fault] }: ZeroDbError): string =>
  fault === undefined || message.includes(fault.message) ? message : `${message} ${fault.path}: ${fault.message}`;
