/** What one document may ask for. Chosen so that a client's screen fits well and an attack does not. */
export interface QueryLimits {
  /** Fields inside fields. */
  readonly depth: number;
  /** Introspection nests its wrappers of types; it reads memory only. */
  readonly introspectionDepth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** Fields that are answered, those in lists as often as the list may be long. */
  readonly complexity: number;
  /** Selections that are looked at; fragments inside of fragments multiply. */
  readonly steps: number;
}

export const QUERY_LIMITS: QueryLimits = {
  depth: 12,
  introspectionDepth: 20,
  aliases: 50,
  rootFields: 50,
  complexity: 50_000,
  steps: 20_000,
};

/** Words and signs of a document; values belong into variables. */
export const MAX_TOKENS = 20_000;
export const MAX_QUERY_BYTES = 256 * 1024;
export const MAX_BATCH = 10;
