import { z } from 'zod';
import { inlined } from '../../api/inlined';

type Json = Record<string, unknown>;

/** What says nothing to a model: where a schema comes from, and that anything goes. */
const tidy = (json: Json): void => {
  delete json.$schema;
  delete json.propertyNames;
  const { properties, additionalProperties } = json;
  if (isEmpty(additionalProperties)) delete json.additionalProperties;
  if (isEmpty(properties)) delete json.properties;
};

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/**
 * A zod schema as JSON Schema 2020-12, as short as it goes, and without references: it becomes a part of others. What
 * `meta({ override })` says replaces what zod would say.
 */
export const shortSchema = (schema: z.ZodType): Json => {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ jsonSchema: json }) => {
      const replacement = json.override as Json | undefined;
      if (replacement) {
        for (const key of Object.keys(json)) delete json[key];
        Object.assign(json, replacement);
      }
      tidy(json);
    },
  }) as Json;
  tidy(made);
  const { $defs: definitions = {}, ...root } = made;
  return inlined(root, definitions as Json) as Json;
};
