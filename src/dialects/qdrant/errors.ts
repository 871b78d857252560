import type { FastifyReply, FastifyRequest } from 'fastify';
import { notFound, ZeroDbError } from '../../common/errors';
import { problemHeaders } from '../../transports/rest/problem';
import type { ErrorAnswer } from '../../transports/rest/http-adapter';

/** Its message is sent as it is. */
const VERBATIM = 'dialect';
const JSON_TYPE = 'application/json; charset=utf-8';

const verbatim = (status: number, message: string): ZeroDbError => new ZeroDbError(VERBATIM, status, message);

export const wrongInput = (message: string): ZeroDbError => verbatim(400, `Wrong input: ${message}`);
export const badRequest = (message: string): ZeroDbError => verbatim(400, `Bad request: ${message}`);
export const formatError = (message: string): ZeroDbError => verbatim(400, `Format error in JSON body: ${message}`);
export const validationError = (field: string, message: string): ZeroDbError =>
  verbatim(422, `Validation error in JSON body: [${field}: ${message}]`);
export const unsupported = (what: string): ZeroDbError => wrongInput(`${what} not supported by ZeroDB yet`);
export const collectionMissing = (name: string): ZeroDbError =>
  verbatim(404, `Not found: Collection \`${name}\` doesn't exist!`);
export const collectionExists = (name: string): ZeroDbError =>
  verbatim(409, `Wrong input: Collection \`${name}\` already exists!`);
export const pointMissing = (id: string): ZeroDbError => verbatim(404, `Not found: No point with id ${id} found`);
export const vectorMissing = (name: string): ZeroDbError =>
  verbatim(404, `Not found: Vector with name "${name}" for point not found`);
export const noSuchVector = (name: string): ZeroDbError => wrongInput(`Not existing vector name error: ${name}`);
export const wrongDimension = (expected: number, got: number): ZeroDbError =>
  wrongInput(`Vector dimension error: expected dim: ${expected}, got ${got}`);

/** Any error in Qdrant's shape. Headers such as `Retry-After` stay. */
export const presentError = (error: ZeroDbError, request: FastifyRequest, reply: FastifyReply): ErrorAnswer => {
  const { status, message } = translated(error, collectionIn(request));
  return {
    status,
    headers: { ...problemHeaders(error), 'content-type': JSON_TYPE },
    body: JSON.stringify({ status: { error: message }, time: reply.elapsedTime / 1_000 }),
  };
};

const collectionIn = ({ params }: FastifyRequest): string =>
  (params as { collection?: string } | undefined)?.collection ?? '';

const translated = (error: ZeroDbError, collection: string): { status: number; message: string } => {
  const { code, status, message } = error;
  if (code === VERBATIM) return { status, message };
  if (status === 404) return { status, message: missing(message, collection) };
  const vectorless = VECTORLESS.exec(message);
  if (vectorless) return { status: 404, message: vectorMissing(vectorless[1] ?? '').message };
  if (code === 'malformed') return { status, message: `Format error in JSON body: ${message}` };
  if (code === 'invalid') return { status: 400, message: `Wrong input: ${withFault(error)}` };
  return {
    status,
    message: `${PREFIXES[status] ?? (status >= 500 ? 'Service internal error' : 'Wrong input')}: ${message}`,
  };
};

const PREFIXES: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Rate limiting exceeded',
};

const withFault = ({ message, faults: [fault] }: ZeroDbError): string =>
  fault === undefined || message.includes(fault.message) ? message : `${message} ${fault.path}: ${fault.message}`;

/** Of a record that is named as an example. */
const VECTORLESS = /^The record "[^"]{1,255}" has no vector (?:"(.{1,255})"|without a name)\.$/s;
const RECORD = /^There is no record "([^"]{1,255})"\.$/;

const missing = (message: string, collection: string): string => {
  if (message === notFound('collection', collection).message) return collectionMissing(collection).message;
  const [, id] = RECORD.exec(message) ?? [];
  return id === undefined ? `Not found: ${message}` : pointMissing(id).message;
};
