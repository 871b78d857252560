type Definitions = Readonly<Record<string, unknown>>;

/** JSON Schema without references: named declarations (`$defs`) stand where they are used. */
export const inlined = (value: unknown, definitions: Definitions): unknown => {
  if (Array.isArray(value)) return value.map((one) => inlined(one, definitions));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref: reference, id, ...rest } = value as Definitions;
  const target = typeof reference === 'string' ? definitions[reference.replace('#/$defs/', '')] : undefined;
  if (target) return inlined({ ...target, ...rest }, definitions);
  // A property may be called "id": only the name of a declaration is a text.
  const own = typeof id === 'object' ? { ...rest, id } : rest;
  return Object.fromEntries(Object.entries(own).map(([name, inner]) => [name, inlined(inner, definitions)]));
};
