import type { EndpointDefinition } from '../../api/endpoint';
import { shortSchema } from './json-schema';
import { schemaOf } from './operations';

/** Names, and what they do in a line. */
export const overview = (definitions: readonly EndpointDefinition[]): Record<string, string> =>
  Object.fromEntries(definitions.map(({ operationId, summary }) => [operationId, summary]));

/** What `run` takes to call an operation. */
export const described = (definition: EndpointDefinition): Record<string, unknown> => ({
  operation: definition.operationId,
  summary: definition.summary,
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
