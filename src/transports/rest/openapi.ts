import type { z } from 'zod';
import type { EndpointDefinition } from '../../api/endpoint';
import { problemSchema } from '../../api/schemas';
import { withMappings } from './discriminators';
import { NamedSchemas, type Json } from './named-schemas';
import { requestBodyOf, responsesOf } from './openapi-content';

const KEYS = [{ bearer: [] }, { xApiKey: [] }, { apiKey: [] }];

const PROBLEM_CONTENT: Json = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

const RETRY_AFTER: Json = { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } };

/** The OpenAPI 3.1 document of the endpoints. */
export const openApiDocument = (endpoints: readonly EndpointDefinition[], version: string): Json => {
  const schemas = new NamedSchemas();
  schemas.write(problemSchema, 'output');
  const paths = pathsOf(endpoints, schemas);
  const document = { ...headOf(endpoints, version), paths, components: { ...COMPONENTS, schemas: schemas.all() } };
  return withMappings(document);
};

const headOf = (endpoints: readonly EndpointDefinition[], version: string): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'ZeroDB',
    version,
    description: 'One API for everything an AI application has to remember.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  tags: [...new Set(endpoints.map(({ tag }) => tag))].sort().map((name) => ({ name })),
  security: KEYS,
});

const COMMON_PARAMETERS: Json = {
  Project: header('ZeroDB-Project', { type: 'string' }, 'The project that the root key acts on. Default: `default`.'),
  RequestTimeout: header(
    'Request-Timeout',
    { type: 'integer', minimum: 50, maximum: 60_000 },
    'Milliseconds until the request ends with 503.',
  ),
  RequestId: header(
    'X-Request-Id',
    { type: 'string', maxLength: 128 },
    'Returned in the response and written to the logs.',
  ),
  IdempotencyKey: header(
    'Idempotency-Key',
    { type: 'string', minLength: 1, maxLength: 255 },
    'The same key with the same body returns the same response for 24 hours.',
  ),
};

const COMPONENTS: Json = {
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer', description: 'An API key: `zdb_…`.' },
    xApiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    apiKey: { type: 'apiKey', in: 'header', name: 'api-key' },
  },
  responses: {
    Problem: {
      description: 'A fault: RFC 9457 problem details.',
      content: PROBLEM_CONTENT,
    },
    TooManyRequests: {
      description:
        'The budget of the project, its share of the process, or of wrong keys, is used up; nothing was done.',
      headers: RETRY_AFTER,
      content: PROBLEM_CONTENT,
    },
    Unavailable: {
      description: 'The server is overloaded, or what it needs is away.',
      headers: RETRY_AFTER,
      content: PROBLEM_CONTENT,
    },
  },
  parameters: COMMON_PARAMETERS,
};

function header(name: string, schema: Json, description: string): Json {
  return { name, in: 'header', required: false, schema, description };
}

const pathsOf = (endpoints: readonly EndpointDefinition[], schemas: NamedSchemas): Json => {
  const paths: Record<string, Json> = {};
  const sorted = [...endpoints].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const endpoint of sorted) {
    (paths[endpoint.path.replace('*}', '}')] ??= {})[endpoint.method.toLowerCase()] = operationOf(endpoint, schemas);
  }
  return paths;
};

const operationOf = (endpoint: EndpointDefinition, schemas: NamedSchemas): Json => ({
  operationId: endpoint.operationId,
  tags: [endpoint.tag],
  summary: endpoint.summary,
  ...(endpoint.description ? { description: endpoint.description } : {}),
  ...securityOf(endpoint),
  parameters: [
    ...parametersOf(endpoint.params, 'path', schemas),
    ...parametersOf(endpoint.query, 'query', schemas),
    ...commonParametersOf(endpoint),
  ],
  ...requestBodyOf(endpoint, schemas),
  responses: responsesOf(endpoint, schemas),
});

/** Guests may come without a key; what they may do, the operation finds out. */
const securityOf = ({ access, guests }: EndpointDefinition): Json => {
  if (access === 'public') return { security: [] };
  return { 'x-access': access, ...(guests ? { security: [...KEYS, {}] } : {}) };
};

const parametersOf = (schema: z.ZodObject | undefined, where: 'path' | 'query', schemas: NamedSchemas): Json[] => {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemas.write(schema, 'input') as {
    properties?: Json;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
};

const commonParametersOf = ({ access, method, idempotent, body }: EndpointDefinition): Json[] => {
  const isStreamed = body !== undefined && 'stream' in body;
  const names = ['RequestId', 'RequestTimeout'];
  if (access !== 'public') names.push('Project');
  const isKept = idempotent ?? (method !== 'GET' && method !== 'HEAD' && !isStreamed);
  if (access !== 'public' && isKept === true) names.push('IdempotencyKey');
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
};
