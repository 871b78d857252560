import { z } from 'zod';
import { inlined } from '../../../api/inlined';

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

/** A field that several of them have: one of their constants, the type that they share, or else any JSON. */
const either = (a: Json, b: Json): Json => {
  if (isSame(a, b)) return a;
  const described = a.description === undefined ? {} : { description: a.description };
  const [ofA, ofB] = [valuesOf(a), valuesOf(b)];
  // Clients are to read a value as REST writes it: one that is no name in GraphQL cannot be in an enum.
  const isEnum = ofA.length > 0 && ofB.length > 0 && [...ofA, ...ofB].every(isName);
  if (isEnum) return { ...described, type: 'string', enum: [...new Set([...ofA, ...ofB])] };
  return a.type === b.type && isScalar(a) ? { ...described, type: a.type } : described;
};

const isSame = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);

const isScalar = ({ type }: Json): boolean => typeof type === 'string' && type !== 'object' && type !== 'array';

const isName = (value: unknown): boolean => typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value);

const valuesOf = (json: Json): readonly unknown[] => json.enum ?? (json.const === undefined ? [] : [json.const]);

/** Whether its fields are all declared: anything else is plain JSON. */
export const isRecordOfFields = ({ properties }: Json): boolean =>
  properties !== undefined && Object.keys(properties).length > 0;
