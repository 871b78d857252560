import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { invalid, malformed, unsupportedMediaType } from '../../common/errors';
import type { BodyDecoder, EndpointDefinition } from './endpoint';
import { faultsOf, type Source } from './faults';
import { parseJson } from './parse-json';
import { parseQueryString } from './query-string';
import { readBody } from './read-body';

/** A body that has arrived. `bytes` are empty for streams and where there is none. */
export interface ReadRequestBody {
  readonly bytes: Buffer;
  /** Throws `malformed` or `invalid`. */
  parse(): unknown;
}

const NOTHING: ReadRequestBody = { bytes: Buffer.alloc(0), parse: () => undefined };

export interface Parameters {
  readonly params: unknown;
  readonly query: unknown;
}

/** Reads an endpoint's path and query parameters; what is not declared is refused. */
export const parametersOf = (definition: EndpointDefinition): ((request: FastifyRequest) => Parameters) => {
  const query = strict(definition.query ?? z.strictObject({}));
  const params = definition.params;
  const rest = /\{(\w+)\*\}$/.exec(definition.path)?.[1];
  return (request) => ({
    params: params ? validate(params, named(request.params, rest), 'path') : undefined,
    query: validate(query, parseQueryString(request.url), 'query'),
  });
};

/** The rest of a path under its declared name. */
const named = (params: unknown, rest: string | undefined): unknown => {
  if (rest === undefined) return params;
  const { '*': value, ...others } = params as Record<string, string>;
  return { ...others, [rest]: value };
};

/** Reads an endpoint's body, whole, or leaves a stream to the handler. */
export const bodyReaderOf = (
  definition: EndpointDefinition,
  defaultMaxBytes: number,
): ((request: FastifyRequest) => Promise<ReadRequestBody>) => {
  const { body } = definition;
  if (body === undefined) return refuseBody;
  if ('stream' in body) return (request) => acceptStream(request, body.stream);
  const schema = body instanceof z.ZodObject ? strict(body) : body;
  const maxBytes = definition.maxBodyBytes ?? defaultMaxBytes;
  return async (request) => {
    const decoder = definition.decoders?.find(({ matches }) => matches(request.headers));
    if (decoder) return decoded(schema, decoder, request, maxBytes);
    if (hasBody(request)) mustBe(request, 'application/json');
    const bytes = await readBody(request.raw, maxBytes);
    return { bytes, parse: () => parseBody(schema, bytes) };
  };
};

const decoded = async (
  schema: z.ZodType,
  { decode }: BodyDecoder,
  request: FastifyRequest,
  maxBytes: number,
): Promise<ReadRequestBody> => {
  const bytes = await readBody(request.raw, maxBytes);
  return { bytes, parse: () => validate(schema, decode(bytes, request.headers), 'body') };
};

const parseBody = (schema: z.ZodType, bytes: Buffer): unknown => {
  if (bytes.length > 0) return validate(schema, parseJson(bytes), 'body');
  const absent = schema.safeParse(undefined);
  if (absent.success) return absent.data;
  throw malformed('A JSON body is needed.');
};

const refuseBody = async (request: FastifyRequest): Promise<ReadRequestBody> => {
  if (hasBody(request) && request.method !== 'GET' && request.method !== 'HEAD') {
    const bytes = await readBody(request.raw, SMALL_BODY_BYTES);
    if (bytes.length > 0) throw invalid('This takes no body.', [{ path: '', message: 'must be absent' }]);
  }
  return NOTHING;
};

/** Enough to see that there is a body where none is taken. */
const SMALL_BODY_BYTES = 64 * 1024;

const acceptStream = async (request: FastifyRequest, mediaType: string): Promise<ReadRequestBody> => {
  if (mediaType !== '*/*') mustBe(request, mediaType);
  return Promise.resolve(NOTHING);
};

const hasBody = (request: FastifyRequest): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

const mustBe = (request: FastifyRequest, mediaType: string): void => {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  if (!mediaType.split(',').some((accepted) => accepted.trim() === type.trim())) {
    throw unsupportedMediaType(`Content-Type must be ${mediaType}.`);
  }
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith('charset='));
  if (charset && !/^charset="?utf-?8"?$/.test(charset)) throw unsupportedMediaType('Only UTF-8 is supported.');
};

const strict = (schema: z.ZodObject): z.ZodObject => (schema.def.catchall ? schema : schema.strict());

const validate = (schema: z.ZodType, value: unknown, source: Source): unknown => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error.issues, source);
  throw invalid(summary(faults), faults);
};

const summary = (faults: readonly { path: string; message: string }[]): string => {
  const [first] = faults;
  if (!first) return 'The input is invalid.';
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return `${first.path || 'The body'}: ${first.message}${more}`;
};
