import { z } from 'zod';

export type Json = Record<string, unknown>;

const LOCAL = '#/$defs/';
const COMPONENTS = '#/components/schemas/';

/** Writes zod schemas as JSON Schema, and collects those with a name (`id` in the global registry) for `components`. */
export class NamedSchemas {
  private readonly byName = new Map<string, Json>();

  /** What stands at the place of use. A schema's `meta({ override })` replaces what zod would say. */
  write(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $schema: _, $defs = {}, ...root } = converted(schema, io) as Json & { $defs?: Record<string, Json> };
    for (const [name, definition] of Object.entries($defs)) this.collect(name, definition);
    return forComponents(root) as Json;
  }

  /** The same for a whole body: one without a name is called `name`, or after what it lists. */
  writeNamed(name: string, schema: z.ZodType, io: 'input' | 'output'): Json {
    const written = this.write(schema, io);
    if (written.type !== 'object' && !('anyOf' in written) && !('oneOf' in written)) return written;
    const given = listNameOf(written) ?? name;
    this.add(given, written);
    return { $ref: `${COMPONENTS}${given}` };
  }

  /** By name. */
  all(): Json {
    return Object.fromEntries([...this.byName].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private collect(name: string, { id: _, ...definition }: Json): void {
    this.add(name, forComponents(definition) as Json);
  }

  private add(name: string, schema: Json): void {
    const known = this.byName.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`Two schemas are called "${name}" (or it differs as input and output). Rename one of them.`);
    }
    this.byName.set(name, schema);
  }
}

const LISTS: Readonly<Record<string, string>> = { data: 'List', 'data,has_more,next_cursor': 'Page' };

/** `BucketPage` for a page of buckets, `ServiceList` for a list of services. */
const listNameOf = ({ properties = {} }: Json): string | undefined => {
  const { data } = properties as { data?: { items?: { $ref?: string } } };
  const suffix = LISTS[Object.keys(properties as Json).join()];
  const entry = data?.items?.$ref?.replace(COMPONENTS, '');
  return suffix && entry && `${entry}${suffix}`;
};

const converted = (schema: z.ZodType, io: 'input' | 'output'): Json =>
  z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema: json }) => {
      const { def } = zodSchema._zod;
      if ('discriminator' in def) json.discriminator = { propertyName: def.discriminator };
      const replacement = json.override as Json | undefined;
      if (!replacement) return;
      for (const key of Object.keys(json)) delete json[key];
      Object.assign(json, replacement);
    },
  });

/** References to zod's own definitions become references to the document's components; see also `withOneType`. */
const forComponents = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(forComponents);
  if (typeof value !== 'object' || value === null) return value;
  const written = Object.entries(value).map(([key, inner]): [string, unknown] => [
    key,
    key === '$ref' && typeof inner === 'string' ? inner.replace(LOCAL, COMPONENTS) : forComponents(inner),
  ]);
  return withOneType(Object.fromEntries(written));
};

/** Some generators stop at a list of types. Only `null` beside one type is a form that all of them read. */
const withOneType = (json: Json): Json => {
  const { type, ...rest } = json;
  if (!Array.isArray(type) || type.filter((one) => one !== 'null').length < 2) return json;
  return { ...rest, anyOf: type.map((one: unknown) => ({ type: one })) };
};
