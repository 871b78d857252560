import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { invalid, malformed, unsupportedMediaType } from '../../common/errors';
import { isStorableText } from '../../common/filter/values';
import { UNSTORABLE } from '../../common/storable';
import { BODY_BYTES, type BodyDecoder, type EndpointDefinition } from '../../api/endpoint';
import { faultsOf, type Source } from './faults';
import { mustBeStorable, parseStorableJson } from './parse-json';
import { parseQueryString } from './query-string';
import { readBody, readNoBody } from './read-body';
import { hasBody } from './unread-body';

/** A body that has arrived. `bytes` are empty for streams and where there is none. */
export interface ReadRequestBody {
  readonly bytes: Buffer;
  /** Throws `malformed` or `invalid`. */
  parse(): unknown;
}

const EMPTY_BODY: ReadRequestBody = { bytes: Buffer.alloc(0), parse: () => undefined };

export interface Parameters {
  readonly params: unknown;
  readonly query: unknown;
}

/** Reads an endpoint's path and query parameters; what is not declared is refused. */
export const parametersOf = (definition: EndpointDefinition): ((request: FastifyRequest) => Parameters) => {
  const query = strict(definition.query ?? z.strictObject({}));
  const known = definition.ignoresUnknownQuery === true ? new Set(Object.keys(query.shape)) : undefined;
  const params = definition.params;
  const rest = /\{(\w+)\*\}$/.exec(definition.path)?.[1];
  return (request) => {
    const given = { path: named(request.params, rest), query: parseQueryString(request.url, known) };
    for (const source of SOURCES) mustHaveStorable(given[source], source);
    return {
      params: params ? validate(params, given.path, 'path') : undefined,
      query: validate(query, given.query, 'query'),
    };
  };
};

const SOURCES = ['path', 'query'] as const;

/** Whatever an endpoint declares: `%00` fits into no text of the record. Other broken encodings were refused before. */
const mustHaveStorable = (values: unknown, source: 'path' | 'query'): void => {
  const broken = Object.entries(values ?? {}).filter(([, value]) => !isStorableText(String(value)));
  const faults = broken.map(([name]) => ({ path: `${source}:${name}`, message: UNSTORABLE }));
  if (faults.length > 0) throw invalid(summary(faults), faults);
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
  mostBytes: number,
): ((request: FastifyRequest) => Promise<ReadRequestBody>) => {
  const { body } = definition;
  if (body === undefined) return refuseBody;
  if ('stream' in body) return (request) => acceptStream(request, body.stream);
  const schema = body instanceof z.ZodObject ? strict(body) : body;
  const maxBytes = Math.min(definition.maxBodyBytes ?? BODY_BYTES.some, mostBytes);
  return async (request) => {
    const decoder = definition.decoders?.find(({ matches }) => matches(request.headers));
    if (decoder) return decoded(schema, decoder, request, maxBytes);
    if (hasBody(request.raw)) mustBe(request, 'application/json');
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
  return { bytes, parse: () => validate(schema, storable(decode(bytes, request.headers)), 'body') };
};

const storable = (value: unknown): unknown => {
  mustBeStorable(value);
  return value;
};

const parseBody = (schema: z.ZodType, bytes: Buffer): unknown => {
  if (bytes.length > 0) return validate(schema, parseStorableJson(bytes), 'body');
  const absent = schema.safeParse(undefined);
  if (absent.success) return absent.data;
  throw malformed('A JSON body is needed.');
};

const refuseBody = async (request: FastifyRequest): Promise<ReadRequestBody> => {
  if (request.method !== 'GET' && request.method !== 'HEAD') await readNoBody(request.raw);
  return EMPTY_BODY;
};

const acceptStream = async (request: FastifyRequest, mediaType: string): Promise<ReadRequestBody> => {
  if (mediaType !== '*/*') mustBe(request, mediaType);
  return Promise.resolve(EMPTY_BODY);
};

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
