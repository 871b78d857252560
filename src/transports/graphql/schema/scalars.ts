import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped, type ValueNode } from 'graphql';

const whole = (value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new GraphQLError('must be a whole number of at most 53 bits');
};

/** `Int` has 32 bits; sizes, offsets and versions have more. */
export const INTEGER = new GraphQLScalarType<number, number>({
  name: 'Integer',
  description: 'A whole number of up to 53 bits.',
  serialize: whole,
  parseValue: whole,
  parseLiteral: (node: ValueNode) => whole(node.kind === Kind.INT ? Number(node.value) : undefined),
});

/** What has no fixed fields: metadata, filters, vectors. */
export const JSON_SCALAR = new GraphQLScalarType({
  name: 'JSON',
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});

const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw new GraphQLError('must be a string');
};

export const DATE_TIME = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  description: 'An RFC 3339 date-time.',
  serialize: text,
  parseValue: text,
  parseLiteral: (node: ValueNode) => text(node.kind === Kind.STRING ? node.value : undefined),
});
