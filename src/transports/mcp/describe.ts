import type { EndpointDefinition } from '../rest/endpoint';
import { shortSchema } from './json-schema';
import { schemaOf } from './operations';

/** An operation in a line. */
export const briefOf = ({ operationId, summary }: EndpointDefinition): { operation: string; summary: string } => ({
  operation: operationId,
  summary,
});

/** What `run` takes to call an operation. */
export const described = (definition: EndpointDefinition): Record<string, unknown> => ({
  ...briefOf(definition),
  ...(definition.description === undefined ? {} : { description: definition.description }),
  access: definition.access,
  arguments: {
    type: 'object',
    properties: {
      ...(definition.params ? { params: shortSchema(schemaOf(definition, 'params')) } : {}),
      ...(definition.query ? { query: shortSchema(schemaOf(definition, 'query')) } : {}),
      ...(definition.body ? { body: shortSchema(schemaOf(definition, 'body')) } : {}),
    },
  },
});
