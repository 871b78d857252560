import { ZeroDbError } from '../../common/errors';
import { problemHeaders } from '../../transports/rest/problem';
import type { PresentError } from '../../transports/rest/http-adapter';

const JSON_TYPE = 'application/json; charset=utf-8';

export const badRequest = (message: string): ZeroDbError => new ZeroDbError('invalid', 400, message);
export const refused = (message: string): ZeroDbError => new ZeroDbError('forbidden', 403, message);

/** Any error in mem0's shape: the platform and the server say it in `detail`. Headers such as `Retry-After` stay. */
export const presentError: PresentError = (error) => ({
  // The platform's word for input that is invalid.
  status: error.status === 422 ? 400 : error.status,
  headers: { ...problemHeaders(error), 'content-type': JSON_TYPE },
  body: JSON.stringify({ detail: detailOf(error), code: error.code }),
});

const detailOf = ({ message, faults: [fault] }: ZeroDbError): string =>
  fault === undefined || message.includes(fault.message) ? message : `${message} ${fault.path}: ${fault.message}`;
