/** Whether a pattern of a topic (`zerodb.record.upserted`, `zerodb.record.*`, `*`) matches a type of change. */
export const asksFor = (pattern: string, type: string): boolean =>
  pattern === type || pattern === '*' || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));

export const anyAsksFor = (patterns: readonly string[], type: string): boolean =>
  patterns.some((pattern) => asksFor(pattern, type));
