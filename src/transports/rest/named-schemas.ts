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
    return pointed(root) as Json;
  }

  /** By name. */
  all(): Json {
    return Object.fromEntries([...this.byName].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private collect(name: string, { id: _, ...definition }: Json): void {
    const schema = pointed(definition) as Json;
    const known = this.byName.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`Two schemas are called "${name}" (or it differs as input and output). Rename one of them.`);
    }
    this.byName.set(name, schema);
  }
}

const converted = (schema: z.ZodType, io: 'input' | 'output'): Json =>
  z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ jsonSchema: json }) => {
      const replacement = json.override as Json | undefined;
      if (!replacement) return;
      for (const key of Object.keys(json)) delete json[key];
      Object.assign(json, replacement);
    },
  });

/** References to zod's own definitions become references to the document's components. */
const pointed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(pointed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? inner.replace(LOCAL, COMPONENTS) : pointed(inner),
    ]),
  );
};
