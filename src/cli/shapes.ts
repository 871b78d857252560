/** What the routes answer, as far as the CLI reads it. */
export interface Project {
  readonly name: string;
  readonly created_at: string;
}

export interface Key {
  readonly id: string;
  readonly name?: string;
  readonly role: string;
  readonly project?: string;
  readonly created_at?: string;
  readonly expires_at?: string | null;
  readonly revoked_at?: string | null;
  /** In the answer to its creation only. */
  readonly key?: string;
}

export interface Collection {
  readonly name: string;
  readonly dimension?: number;
  readonly metric?: string;
  readonly embedding_model?: string | null;
  readonly records?: number;
  readonly created_at?: string;
}

export interface RecordInput {
  readonly id: string;
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface StoredRecord {
  readonly id: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface SearchResult {
  readonly id: string;
  readonly score: number;
  readonly text?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Of a fused ranking: the place in each of its parts. */
  readonly scores?: Readonly<Record<string, { readonly rank: number; readonly score: number }>>;
}

export interface SearchAnswer {
  readonly results: readonly SearchResult[];
  readonly served_by?: string;
  readonly degraded?: boolean;
  readonly degraded_reasons?: readonly string[];
  readonly took_ms?: number;
  readonly explain?: unknown;
}

export interface ImportAnswer {
  readonly imported: number;
  readonly failed: number;
  readonly errors: readonly { readonly line: number; readonly code?: string; readonly message: string }[];
}
