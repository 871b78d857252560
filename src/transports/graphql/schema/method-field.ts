import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  Kind,
  parseType,
  type GraphQLFieldConfig,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLType,
  type TypeNode,
} from 'graphql';
import type { DeclaredField, FieldInput, GraphqlContext } from '../../../api/field';
import { DATE_TIME, INTEGER, JSON_SCALAR } from './scalars';
import type { TypeMaker } from './types';

type Handler = (input: FieldInput) => unknown;
type Config = GraphQLFieldConfig<Readonly<Record<string, unknown>>, GraphqlContext, Readonly<Record<string, unknown>>>;

const LEAVES = new Map(
  [GraphQLBoolean, GraphQLFloat, GraphQLInt, GraphQLString, DATE_TIME, INTEGER, JSON_SCALAR].map((type) => [
    type.name,
    type,
  ]),
);

/** A field that a resolver's method serves, behind the role it asks for. */
export const methodField = (
  types: TypeMaker,
  field: DeclaredField,
  handler: Handler,
  authorise: (context: GraphqlContext, field: DeclaredField) => void,
): Config => {
  const run = (parent: FieldInput['parent'], args: FieldInput['args'], context: GraphqlContext): unknown => {
    authorise(context, field);
    return handler({ parent, args, context });
  };
  const shared = {
    type: typeOf(types, parseType(field.type)) as GraphQLOutputType,
    description: field.description,
    args: Object.fromEntries(
      Object.entries(field.args ?? {}).map(([name, type]) => [
        name,
        { type: typeOf(types, parseType(type)) as GraphQLInputType },
      ]),
    ),
  };
  return field.on === 'Subscription'
    ? { ...shared, subscribe: run, resolve: (event: unknown) => event }
    : { ...shared, resolve: run };
};

const typeOf = (types: TypeMaker, node: TypeNode): GraphQLType => {
  if (node.kind === Kind.NON_NULL_TYPE) return new GraphQLNonNull(typeOf(types, node.type) as GraphQLList<GraphQLType>);
  if (node.kind === Kind.LIST_TYPE) return new GraphQLList(typeOf(types, node.type));
  const type = LEAVES.get(node.name.value) ?? types.find(node.name.value);
  if (!type) throw new Error(`No operation brings the type "${node.name.value}".`);
  return type;
};
