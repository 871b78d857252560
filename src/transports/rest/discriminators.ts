import type { Json } from './named-schemas';

interface Union {
  readonly oneOf: readonly { readonly $ref?: string }[];
  readonly discriminator: { readonly propertyName: string };
}

/**
 * Completes each `discriminator` of an OpenAPI document with the schema of every value. A union whose variants have no
 * names gets none: OpenAPI's discriminators point at named schemas only.
 */
export const withMappings = (document: Json): Json => {
  const { schemas } = document.components as { schemas: Readonly<Record<string, Json>> };
  const complete = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(complete);
    if (typeof value !== 'object' || value === null) return value;
    const completed = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, complete(inner)]));
    return isUnion(completed) ? withMapping(completed, schemas) : completed;
  };
  return complete(document) as Json;
};

const isUnion = (value: object): value is Union =>
  'oneOf' in value && Array.isArray(value.oneOf) && 'discriminator' in value;

const withMapping = ({ discriminator, ...union }: Union, schemas: Readonly<Record<string, Json>>): object => {
  const { propertyName } = discriminator;
  const pairs = union.oneOf.map(({ $ref = '' }) => {
    const { properties } = (schemas[$ref.split('/').at(-1) ?? ''] ?? {}) as { properties?: Record<string, Json> };
    return [properties?.[propertyName]?.const, $ref] as const;
  });
  if (!pairs.every(([value]) => typeof value === 'string')) return union;
  return { ...union, discriminator: { propertyName, mapping: Object.fromEntries(pairs) as Json } };
};
