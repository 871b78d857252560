/** A page of a list. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

export interface Operation {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly state: 'pending' | 'running' | 'succeeded' | 'failed';
  readonly progress: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  readonly created_at: string;
  readonly updated_at: string;
}
