import { z } from 'zod';
import { defineEndpoint } from '../../api/endpoint';
import { problemSchema } from '../../api/schemas';

export const GRAPHQL_PATH = '/graphql';
/** Fields end by the deadlines of the operations they call; this one is for all of them together. */
const DEADLINE_MS = 60_000;

const request = z
  .object({
    query: z.string().nullish(),
    operationName: z.string().nullish(),
    variables: z.record(z.string(), z.unknown()).nullish(),
    extensions: z.record(z.string(), z.unknown()).nullish(),
  })
  .meta({ id: 'GraphqlQuery', description: 'A query, or its hash in `extensions.persistedQuery`.' });

const error = z
  .looseObject({
    message: z.string(),
    path: z.array(z.union([z.string(), z.int()])).optional(),
    locations: z.array(z.object({ line: z.int(), column: z.int() })).optional(),
    extensions: z
      .looseObject({ code: z.string(), status: z.int(), retryable: z.boolean(), request_id: z.string() })
      .optional(),
  })
  .meta({ id: 'GraphqlError' });

const answer = z
  .object({ data: z.record(z.string(), z.unknown()).nullish(), errors: z.array(error).optional() })
  .meta({ id: 'GraphqlAnswer' });

/** Errors of a request have GraphQL's form, too; what is refused before it is read is a problem. */
const fault = { 'application/json': answer, 'application/problem+json': problemSchema };

export const graphqlEndpoint = defineEndpoint({
  method: 'POST',
  path: GRAPHQL_PATH,
  operationId: 'graphql',
  audit: 'read',
  kind: 'envelopes',
  tag: 'GraphQL',
  summary: 'Queries and mutations',
  description:
    'One query, or an array of a few. Faults of fields are in `errors` of an answer with 200; subscriptions run over WebSocket. The schema is in docs/schema.graphql.',
  access: 'read',
  guests: true,
  body: { stream: 'application/json' },
  idempotent: 'refused',
  responses: { 200: 'application/json; charset=utf-8' },
  documented: {
    request: { 'application/json': z.union([request, z.array(request)]) },
    responses: {
      200: { 'application/json': z.union([answer, z.array(answer)]) },
      429: fault,
      503: fault,
      '4XX': fault,
      '5XX': fault,
    },
  },
  deadlineMs: DEADLINE_MS,
});
