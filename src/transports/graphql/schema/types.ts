import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLInputObjectType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLFieldConfigMap,
  type GraphQLInputFieldConfigMap,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLOutputType,
} from 'graphql';
import type { GraphqlContext } from '../../../api/field';
import { isRecordOfFields, merged, withoutNull, type Json } from './json-schema';
import { DATE_TIME, INTEGER, JSON_SCALAR } from './scalars';

type Fields = GraphQLFieldConfigMap<unknown, GraphqlContext>;

/**
 * GraphQL types from the declarations that also give validation and OpenAPI. Equal shapes are one type, under the name
 * that came first.
 */
export class TypeMaker {
  private readonly outputs = new Map<string, GraphQLObjectType>();
  private readonly inputs = new Map<string, GraphQLInputObjectType>();
  private readonly enums = new Map<string, GraphQLEnumType>();
  private readonly extraFields = new Map<string, Fields>();
  private readonly names = new Set<string>();

  /** Adds fields to a type that is made, or will be. */
  extend(type: string, fields: Fields): void {
    this.extraFields.set(type, { ...this.extraFields.get(type), ...fields });
  }

  /** By the names of the schema language. */
  find(name: string): GraphQLObjectType | undefined {
    return [...this.outputs.values()].find((type) => type.name === name);
  }

  /** Types that fields were added to and that nothing has made. */
  unknownExtensions(): string[] {
    return [...this.extraFields.keys()].filter((name) => !this.find(name));
  }

  output(json: Json, name: string): GraphQLOutputType {
    const { json: inner, isNullable } = withoutNull(json);
    const type = this.outputValue(inner, name);
    return isNullable ? type : new GraphQLNonNull(type);
  }

  input(json: Json, name: string): GraphQLInputType {
    return this.inputValue(withoutNull(json).json, name);
  }

  /** An object type with the properties of `json`, and others. */
  object(json: Json, name: string, more: Fields = {}): GraphQLObjectType {
    const key = shapeOf(json, name, Object.keys(more));
    const known = this.outputs.get(key);
    if (known) return known;
    const own = this.claim(name);
    const type = new GraphQLObjectType({
      name: own,
      ...described(json),
      fields: () => ({ ...this.outputFields(json, own), ...more, ...this.extraFields.get(own) }),
    });
    this.outputs.set(key, type);
    // Made at once, so that names do not depend on who asks first.
    for (const [property, inner] of Object.entries(json.properties ?? {})) this.output(inner, own + pascal(property));
    return type;
  }

  private outputValue(json: Json, name: string): Exclude<GraphQLOutputType, GraphQLNonNull<never>> {
    const leaf = this.leaf(json, name);
    if (leaf) return leaf;
    if (json.type === 'array' && json.items) return new GraphQLList(this.output(json.items, singular(name)));
    const object = asObject(json);
    return object ? this.object(object, name) : JSON_SCALAR;
  }

  private outputFields(json: Json, name: string): Fields {
    const entries = Object.entries(json.properties ?? {}).map(([property, inner]) => {
      const type = this.output(inner, name + pascal(property));
      const isSure = json.required?.includes(property) ?? false;
      return [property, { type: isSure ? type : optional(type), ...described(inner) }] as const;
    });
    return Object.fromEntries(entries);
  }

  private inputValue(json: Json, name: string): GraphQLInputType {
    const leaf = this.leaf(json, name);
    if (leaf) return leaf;
    if (json.type === 'array' && json.items) {
      return new GraphQLList(new GraphQLNonNull(this.input(json.items, singular(name))));
    }
    const object = asObject(json);
    return object ? this.inputObject(object, name) : JSON_SCALAR;
  }

  private inputObject(json: Json, name: string): GraphQLInputType {
    const key = shapeOf(json, '', []);
    const known = this.inputs.get(key);
    if (known) return known;
    const own = this.claim(`${name}Input`);
    const fields: GraphQLInputFieldConfigMap = {};
    for (const [property, inner] of Object.entries(json.properties ?? {})) {
      const type = this.input(inner, name + pascal(property));
      const isNeeded = (json.required?.includes(property) ?? false) && !withoutNull(inner).isNullable;
      fields[property] = { type: isNeeded ? new GraphQLNonNull(type) : type, ...described(inner) };
    }
    const type = new GraphQLInputObjectType({ name: own, fields, ...described(json) });
    this.inputs.set(key, type);
    return type;
  }

  private leaf(json: Json, name: string): GraphQLLeafType | undefined {
    if (json.enum?.every((value) => typeof value === 'string')) return this.enumOf(json.enum, name);
    switch (json.type) {
      case 'string':
        return json.format === 'date-time' ? DATE_TIME : GraphQLString;
      case 'integer':
        return INTEGER;
      case 'number':
        return GraphQLFloat;
      case 'boolean':
        return GraphQLBoolean;
      default:
        return json.const === undefined ? undefined : GraphQLString;
    }
  }

  private enumOf(values: readonly string[], name: string): GraphQLLeafType {
    if ([...values].sort().join() === 'false,true') return GraphQLBoolean;
    const key = [...values].sort().join('\0');
    const known = this.enums.get(key);
    if (known) return known;
    const type = new GraphQLEnumType({
      name: this.claim(name),
      values: Object.fromEntries(values.map((value) => [value.replaceAll(/\W/g, '_'), { value }])),
    });
    this.enums.set(key, type);
    return type;
  }

  /** Two shapes never share a name: the second one is numbered. */
  private claim(name: string): string {
    let free = name;
    for (let number = 2; this.names.has(free); number += 1) free = `${name}${number}`;
    this.names.add(free);
    return free;
  }
}

/** Types with fields of their own are told apart by name, the others by what they hold. */
const shapeOf = (json: Json, name: string, more: readonly string[]): string =>
  JSON.stringify([json.properties, json.required, more, more.length > 0 ? name : '']);

const asObject = (json: Json): Json | undefined => {
  const variants = json.anyOf ?? json.oneOf;
  if (variants) return merged(variants);
  return isRecordOfFields(json) ? json : undefined;
};

const optional = (type: GraphQLOutputType): GraphQLOutputType =>
  type instanceof GraphQLNonNull ? (type.ofType as GraphQLOutputType) : type;

const described = ({ description }: Json): { description?: string } =>
  description === undefined ? {} : { description };

/** `embedding_model` -> `EmbeddingModel`. */
export const pascal = (name: string): string =>
  name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

const singular = (name: string): string => {
  if (/(xes|ches|shes)$/.test(name)) return name.slice(0, -2);
  if (/ies$/.test(name)) return `${name.slice(0, -3)}y`;
  return /[^s]s$/.test(name) ? name.slice(0, -1) : name;
};
