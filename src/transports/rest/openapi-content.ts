import type { z } from 'zod';
import type { DocumentedContent, EndpointDefinition } from '../../api/endpoint';
import type { Json, NamedSchemas } from './named-schemas';

const JSON_TYPE = 'application/json';
const ANY_TYPE = '*/*';
const BYTES: Json = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

const PROBLEM = { $ref: '#/components/responses/Problem' };

/** The `requestBody` of an operation, or nothing. */
export const requestBodyOf = (endpoint: EndpointDefinition, schemas: NamedSchemas): Json => {
  const { body, documented } = endpoint;
  if (body === undefined) return {};
  if (documented?.request) {
    return {
      requestBody: { required: true, content: documentedContent(endpoint, documented.request, 'input', schemas) },
    };
  }
  if ('stream' in body) return { requestBody: { required: true, content: streamOf(body.stream) } };
  const schema = schemas.writeNamed(nameOf(endpoint, 'Request'), body, 'input');
  const isOptional = body.safeParse(undefined).success;
  return { requestBody: { required: !isOptional, content: { [JSON_TYPE]: { schema }, ...decodedOf(endpoint) } } };
};

/** The answers of an operation by status. */
export const responsesOf = (endpoint: EndpointDefinition, schemas: NamedSchemas): Json => {
  const isPublic = endpoint.access === 'public';
  const refusals = isPublic ? {} : { '429': refusal('TooManyRequests'), '503': refusal('Unavailable') };
  return { ...refusals, '4XX': PROBLEM, '5XX': PROBLEM, ...ownResponsesOf(endpoint, schemas) };
};

const refusal = (name: string): Json => ({ $ref: `#/components/responses/${name}` });

const ownResponsesOf = (endpoint: EndpointDefinition, schemas: NamedSchemas): Json => {
  const { documented, responses } = endpoint;
  const contents = documented
    ? Object.entries(documented.responses).map(([status, content]) => {
        return [status, content && documentedContent(endpoint, content, 'output', schemas)] as const;
      })
    : Object.entries(responses).map(([status, schema]) => [status, contentOf(endpoint, schema, schemas)] as const);
  return Object.fromEntries(
    contents.map(([status, content]) => [status, { description: describe(status), ...(content && { content }) }]),
  );
};

const describe = (status: string): string => {
  if (status === '304') return 'The client already has it: `If-None-Match` contains the current ETag.';
  return status < '4' ? 'Success' : 'Fault';
};

const contentOf = (
  endpoint: EndpointDefinition,
  schema: z.ZodType | string | null,
  schemas: NamedSchemas,
): Json | null => {
  if (schema === null) return null;
  if (typeof schema === 'string') return streamOf(schema);
  return { [JSON_TYPE]: { schema: schemas.writeNamed(nameOf(endpoint, 'Response'), schema, 'output') } };
};

/** Generators of clients skip a body of any type: it is bytes to them. */
const streamOf = (mediaType: string): Json =>
  mediaType === ANY_TYPE ? BYTES : { [mediaType]: { schema: { type: 'string' } } };

/** Bodies in other formats. One of any media type is told apart by its headers, which the description explains. */
const decodedOf = ({ decoders = [] }: EndpointDefinition): Json =>
  Object.fromEntries(
    decoders.flatMap(({ mediaType }) => (mediaType === ANY_TYPE ? [] : [[mediaType, { schema: {} }] as const])),
  );

const documentedContent = (
  endpoint: EndpointDefinition,
  content: DocumentedContent,
  io: 'input' | 'output',
  schemas: NamedSchemas,
): Json => {
  const name = nameOf(endpoint, io === 'input' ? 'Request' : 'Response');
  const written = Object.entries(content).map(([mediaType, schema]): [string, unknown] => {
    if (schema === 'bytes') return [mediaType, { schema: { type: 'string', format: 'binary' } }];
    return [mediaType, { schema: schema === 'text' ? { type: 'string' } : schemas.writeNamed(name, schema, io) }];
  });
  return Object.fromEntries(written);
};

/** `putBucket` -> `PutBucketRequest`. */
const nameOf = ({ operationId }: EndpointDefinition, suffix: 'Request' | 'Response'): string =>
  `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}${suffix}`;
