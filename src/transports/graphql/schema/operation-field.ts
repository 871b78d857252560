import {
  GraphQLBoolean,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLString,
  getNullableType,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLOutputType,
} from 'graphql';
import { z } from 'zod';
import type { EndpointDefinition } from '../../../api/endpoint';
import type { CallInput, GraphqlContext, OperationField } from '../../../api/field';
import { connectionFields, connectionOf, plannedPage, type PageAnswer, type PlannedPage } from './connection';
import { jsonSchemaOf, withoutNull, type Json } from './json-schema';
import { INTEGER } from './scalars';
import { pascal, type TypeMaker } from './types';

type Part = 'params' | 'query' | 'body';
type Args = Readonly<Record<string, unknown>>;

/** Where an argument goes. */
interface Place {
  readonly name: string;
  readonly part: Part;
  readonly json: Json;
  readonly isNeeded: boolean;
}

/** A field of `Query` or `Mutation` that runs a REST operation. */
export const operationField = (
  types: TypeMaker,
  field: OperationField,
  definition: EndpointDefinition,
): GraphQLFieldConfig<unknown, GraphqlContext, Args> => {
  const { without = [] } = field;
  const places = placesOf(definition).filter(({ name }) => !without.includes(name));
  const answer = answerOf(definition);
  const isPaged = answer?.properties?.next_cursor !== undefined;
  const type = answerType(types, field, answer, isPaged);
  return {
    type,
    description: [definition.summary, definition.description].filter(Boolean).join('. '),
    args: { ...argsOf(types, field, places, isPaged), ...conditionArgs(field) },
    resolve: async (_parent, args, context) => {
      const page = isPaged ? plannedPage(args.first, args.after) : undefined;
      const given = page ? { ...args, limit: page.limit, after: page.after } : args;
      const input = { ...inputOf(definition, places, given), headers: headersOf(args) };
      return shown(field, await context.call(field.operationId, input), page);
    },
  };
};

const placesOf = (definition: EndpointDefinition): Place[] =>
  (['params', 'query', 'body'] as const).flatMap((part) => {
    const schema = definition[part];
    if (schema === undefined || 'stream' in schema) return [];
    const json = jsonSchemaOf(schema, 'input');
    return Object.entries(json.properties ?? {}).map(([name, inner]) => ({
      name,
      part,
      json: inner,
      isNeeded: json.required?.includes(name) ?? false,
    }));
  });

/** What the operation answers; `undefined` for nothing. */
const answerOf = ({ responses }: EndpointDefinition): Json | undefined => {
  const [, schema] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  return schema instanceof z.ZodType ? jsonSchemaOf(schema, 'output') : undefined;
};

/** Always nullable: what one field throws must not take away what the others beside it have done. */
const answerType = (
  types: TypeMaker,
  field: OperationField,
  answer: Json | undefined,
  isPaged: boolean,
): GraphQLOutputType => {
  if (!answer) return GraphQLBoolean;
  const name = field.type ?? pascal(field.name);
  if (isPaged) return connectionType(types, name, answer);
  const picked = field.pick === undefined ? answer : answer.properties?.[field.pick];
  if (!picked) throw new Error(`${field.operationId} answers nothing called "${String(field.pick)}".`);
  return getNullableType(types.output(picked, name));
};

const connectionType = (
  types: TypeMaker,
  name: string,
  { properties = {}, required = [] }: Json,
): GraphQLOutputType => {
  const { data, has_more: _more, next_cursor: _next, ...rest } = properties;
  if (!data?.items) throw new Error(`${name}: a page holds "data".`);
  const node = types.object(data.items, name);
  const others = required.filter((property) => property in rest);
  const known = types.find(`${name}Connection`);
  return known ?? types.object({ properties: rest, required: others }, `${name}Connection`, connectionFields(node));
};

const argsOf = (
  types: TypeMaker,
  field: OperationField,
  places: readonly Place[],
  isPaged: boolean,
): GraphQLFieldConfigArgumentMap => {
  const args: GraphQLFieldConfigArgumentMap = {};
  for (const { name, json, isNeeded } of places) {
    if (isPaged && (name === 'limit' || name === 'after')) continue;
    const type = types.input(json, pascal(field.name) + pascal(name));
    const mustBeThere = isNeeded && !withoutNull(json).isNullable;
    args[name] = { type: mustBeThere ? new GraphQLNonNull(type) : type, description: json.description };
  }
  return isPaged ? { ...args, ...PAGING } : args;
};

const PAGING: GraphQLFieldConfigArgumentMap = {
  first: { type: GraphQLInt, defaultValue: 20, description: 'Up to 1,000.' },
  after: { type: GraphQLString, description: 'A cursor.' },
};

const conditionArgs = ({ conditions }: OperationField): GraphQLFieldConfigArgumentMap =>
  conditions
    ? {
        if_version: { type: INTEGER, description: 'Only if it has this version.' },
        create_only: { type: GraphQLBoolean, description: 'Only if it does not exist yet.' },
      }
    : {};

const headersOf = ({ if_version: version, create_only: createOnly }: Args): Record<string, string> => ({
  ...(typeof version === 'number' ? { 'if-match': `"${version}"` } : {}),
  ...(createOnly === true ? { 'if-none-match': '*' } : {}),
});

/** Maps arguments to the parts of the request. `null` means "not given", except where it is a valid value. */
const inputOf = (definition: EndpointDefinition, places: readonly Place[], args: Args): CallInput => {
  const parts: Record<Part, Record<string, unknown>> = { params: {}, query: {}, body: {} };
  for (const { name, part, json } of places) {
    const value = args[name];
    if (value === undefined || (value === null && !withoutNull(json).isNullable)) continue;
    parts[part][name] = part === 'query' ? queryText(value) : value;
  }
  const { body } = definition;
  if (body === undefined || 'stream' in body) return { params: parts.params, query: parts.query };
  const isAbsent = Object.keys(parts.body).length === 0 && body.safeParse(undefined).success;
  return { ...parts, body: isAbsent ? undefined : parts.body };
};

/** Query strings hold text. */
const queryText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;

const shown = ({ pick }: OperationField, answer: unknown, page: PlannedPage | undefined): unknown => {
  if (answer === undefined) return true;
  if (page) return connectionOf(answer as PageAnswer, page);
  return pick === undefined ? answer : (answer as Record<string, unknown>)[pick];
};
