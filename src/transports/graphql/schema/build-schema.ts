import { GraphQLObjectType, GraphQLSchema, type GraphQLFieldConfigMap } from 'graphql';
import type { EndpointDefinition } from '../../../api/endpoint';
import { fieldsOf, operationsOf, type DeclaredField, type FieldInput, type GraphqlContext } from '../../../api/field';
import { methodField } from './method-field';
import { operationField } from './operation-field';
import { TypeMaker } from './types';

/** What a resolver declares, and its methods once there is an instance. */
export interface ResolverSource {
  readonly prototype: object;
  readonly instance?: object | undefined;
}

type Fields = GraphQLFieldConfigMap<unknown, GraphqlContext>;
type Authorise = (context: GraphqlContext, field: DeclaredField) => void;

/** The schema, from what resolvers and endpoints declare. Without instances it can be printed, not run. */
export const buildSchema = (
  resolvers: readonly ResolverSource[],
  endpoints: readonly EndpointDefinition[],
  authorise: Authorise = () => undefined,
): GraphQLSchema => {
  const types = new TypeMaker();
  const byId = new Map(endpoints.map((definition) => [definition.operationId, definition]));
  const roots: Record<string, Fields> = { Query: {}, Mutation: {}, Subscription: {} };
  for (const { prototype } of resolvers) {
    for (const field of operationsOf(prototype)) {
      const definition = byId.get(field.operationId);
      if (!definition) throw new Error(`There is no operation "${field.operationId}".`);
      add(roots[field.on], field.name, operationField(types, field, definition));
    }
  }
  addMethods(types, roots, resolvers, authorise);
  const unknown = types.unknownExtensions();
  if (unknown.length > 0) throw new Error(`No operation brings the types ${unknown.join(', ')}.`);
  return new GraphQLSchema({
    query: root('Query', roots),
    mutation: root('Mutation', roots),
    subscription: root('Subscription', roots),
  });
};

const addMethods = (
  types: TypeMaker,
  roots: Readonly<Record<string, Fields>>,
  resolvers: readonly ResolverSource[],
  authorise: Authorise,
): void => {
  for (const { prototype, instance } of resolvers) {
    for (const { field, handler } of fieldsOf(prototype)) {
      const call = (input: FieldInput): unknown =>
        (instance as Record<string, (input: FieldInput) => unknown> | undefined)?.[handler]?.(input);
      const config = methodField(types, field, call, authorise) as Fields[string];
      const fields = roots[field.on];
      if (fields) add(fields, field.name, config);
      else types.extend(field.on, { [field.name]: config });
    }
  }
};

const add = (fields: Fields | undefined, name: string, config: Fields[string]): void => {
  if (!fields || name in fields) throw new Error(`The field "${name}" is declared twice.`);
  fields[name] = config;
};

const root = (name: string, roots: Readonly<Record<string, Fields>>): GraphQLObjectType | null => {
  const fields = roots[name] ?? {};
  return Object.keys(fields).length === 0 ? null : new GraphQLObjectType({ name, fields });
};
