import { lexicographicSortSchema, printSchema } from 'graphql';
import type { EndpointDefinition } from '../../api/endpoint';
import { RESOLVERS } from './resolvers';
import { buildSchema } from './schema/build-schema';

/** The schema as a file: what is committed, and what clients generate their types from. */
export const schemaText = (endpoints: readonly EndpointDefinition[]): string => {
  const resolvers = RESOLVERS.map(({ prototype }) => ({ prototype }));
  return `${printSchema(lexicographicSortSchema(buildSchema(resolvers, endpoints)))}\n`;
};
