/** Any value of JSON as people read it: a string without its quotes. */
export const plainText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
