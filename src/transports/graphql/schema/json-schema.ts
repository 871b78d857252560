import { z } from 'zod';

/** The part of JSON Schema that zod writes for our declarations. */
export interface Json {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
  readonly items?: Json;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Json[];
  readonly oneOf?: readonly Json[];
  readonly additionalProperties?: unknown;
  readonly format?: string;
  readonly description?: string;
}

/** A declaration as JSON Schema; `meta({ override })` replaces what zod would say, for strings that stand for numbers. */
export const jsonSchemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const made = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      const json = jsonSchema as Record<string, unknown>;
      const replacement = json.override as Record<string, unknown> | undefined;
      if (!replacement) return;
      for (const key of Object.keys(json)) delete json[key];
      Object.assign(json, replacement);
    },
  });
  const { $defs: named = {}, ...root } = made as Json & { $defs?: Readonly<Record<string, Json>> };
  return inlined(root, named) as Json;
};

/** Declarations with a name of their own are written as references: here each stands where it is used. */
const inlined = (value: unknown, named: Readonly<Record<string, Json>>): unknown => {
  if (Array.isArray(value)) return value.map((one) => inlined(one, named));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref: reference, id: _id, ...rest } = value as Readonly<Record<string, unknown>>;
  const target = typeof reference === 'string' ? named[reference.replace('#/$defs/', '')] : undefined;
  if (target) return inlined({ ...target, ...rest }, named);
  // A property may be called "id": only the name of a declaration is a text.
  const own = typeof _id === 'object' ? { ...rest, id: _id } : rest;
  return Object.fromEntries(Object.entries(own).map(([name, inner]) => [name, inlined(inner, named)]));
};

/** The schema without `null`, and whether that was one of its values. */
export const withoutNull = (json: Json): { json: Json; isNullable: boolean } => {
  const variants = json.anyOf ?? json.oneOf;
  if (!variants?.some(isNull)) return { json, isNullable: false };
  const [first, ...more] = variants.filter((variant) => !isNull(variant));
  const rest = more.length === 0 && first ? first : { anyOf: variants.filter((variant) => !isNull(variant)) };
  return { json: json.description === undefined ? rest : { ...rest, description: json.description }, isNullable: true };
};

const isNull = ({ type }: Json): boolean => type === 'null';

/** Objects that differ by a constant, such as the kinds of an index, as one object with the fields of all. */
export const merged = (variants: readonly Json[]): Json | undefined => {
  if (!variants.every(({ properties }) => properties !== undefined)) return undefined;
  const properties: Record<string, Json> = {};
  for (const variant of variants) {
    for (const [name, json] of Object.entries(variant.properties ?? {})) {
      const known = properties[name];
      properties[name] = known ? either(known, json) : json;
    }
  }
  const required = Object.keys(properties).filter((name) => variants.every((one) => one.required?.includes(name)));
  return { type: 'object', properties, required };
};

const either = (a: Json, b: Json): Json => {
  const values = [...valuesOf(a), ...valuesOf(b)];
  return values.length > 0 ? { type: 'string', enum: [...new Set(values)] } : a;
};

const valuesOf = (json: Json): readonly unknown[] => json.enum ?? (json.const === undefined ? [] : [json.const]);

/** Whether its fields are all declared: anything else is plain JSON. */
export const isRecordOfFields = ({ properties }: Json): boolean =>
  properties !== undefined && Object.keys(properties).length > 0;
