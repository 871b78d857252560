import type { FastifyReply, FastifyRequest } from 'fastify';
import { ZeroDbError } from '../../common/errors';
import type { ErrorAnswer } from '../../transports/rest/http-adapter';
import { problemHeaders } from '../../transports/rest/problem';

/** The code of errors that are in OpenAI's words already. */
const VERBATIM = 'dialect';
const JSON_TYPE = 'application/json; charset=utf-8';
const REQUEST_ERROR = 'invalid_request_error';

/** What stands in `error`, as OpenAI's SDKs read it. */
interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

const said = (status: number, message: string, param: string | null, code: string | null): ZeroDbError =>
  new ZeroDbError(VERBATIM, status, message, { details: { param, code } });

/** `param` names the field, with dots: `filters.key`. */
export const invalidRequest = (message: string, param: string | null = null, code: string | null = null): ZeroDbError =>
  said(400, message, param, code);

export const invalidValue = (param: string, message: string): ZeroDbError =>
  invalidRequest(`Invalid '${param}': ${message}`, param, 'invalid_value');

export const noFile = (id: string, param = 'id'): ZeroDbError => said(404, `No such File object: ${id}`, param, null);
export const noStore = (id: string): ZeroDbError =>
  said(404, `Vector store with id '${id}' not found.`, 'vector_store_id', null);
export const noAttachment = (id: string, store: string): ZeroDbError =>
  said(404, `No file found with id '${id}' in vector store '${store}'.`, 'file_id', null);
export const noBatch = (id: string): ZeroDbError =>
  said(404, `File batch with id '${id}' not found.`, 'batch_id', null);
export const noModel = (id: string): ZeroDbError =>
  said(404, `The model '${id}' does not exist or you do not have access to it.`, 'model', 'model_not_found');
export const storeExpired = (id: string): ZeroDbError =>
  invalidRequest(`Vector store '${id}' has expired.`, 'vector_store_id', 'vector_store_expired');
export const unknownUrl = (method: string, path: string): ZeroDbError =>
  said(404, `Unknown request URL: ${method} ${path}.`, null, 'unknown_url');

/** Any error in OpenAI's shape. Headers such as `Retry-After` stay. */
export const presentError = (error: ZeroDbError, _request: FastifyRequest, _reply: FastifyReply): ErrorAnswer => {
  const { status, body } = translated(error);
  return {
    status,
    headers: { ...problemHeaders(error), 'content-type': JSON_TYPE },
    body: JSON.stringify({ error: body }),
  };
};

const translated = (error: ZeroDbError): { status: number; body: ErrorBody } => {
  const { code, status, message, details } = error;
  if (code === VERBATIM) {
    const { param, code: own } = details as { param: string | null; code: string | null };
    return { status, body: { message, type: REQUEST_ERROR, param, code: own } };
  }
  if (code === 'malformed' || code === 'invalid') {
    const [fault] = error.faults;
    const param = fault ? paramOf(fault.path) : null;
    return {
      status: 400,
      body: { message, type: REQUEST_ERROR, param, code: code === 'invalid' ? 'invalid_value' : null },
    };
  }
  if (code === 'unsupported_media_type')
    return { status: 400, body: { message, type: REQUEST_ERROR, param: null, code: 'unsupported_content_type' } };
  return { status, body: { message, type: typeOf(status), param: null, code: CODES[status] ?? code } };
};

const CODES: Readonly<Record<number, string>> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' };

const typeOf = (status: number): string => {
  if (status === 429) return 'requests';
  return status >= 500 ? 'server_error' : REQUEST_ERROR;
};

/** `/filters/key` and `query:limit` as OpenAI names a field. */
const paramOf = (path: string): string | null => {
  const name = path.includes(':') && !path.startsWith('/') ? path.slice(path.indexOf(':') + 1) : path.slice(1);
  return name === '' ? null : name.replaceAll('/', '.');
};
