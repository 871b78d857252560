export interface MetadataIndex {
  readonly field: string;
  readonly type: 'string' | 'number' | 'datetime' | 'boolean';
}

export interface Collection {
  readonly name: string;
  readonly dimension: number;
  readonly metric: string;
  readonly embedding_model: string | null;
  readonly embedding_revision: string | null;
  readonly indexes: readonly MetadataIndex[];
  readonly vector_index: Readonly<Record<string, string | number>> & { readonly type: string };
  readonly compression: 'none' | 'half';
  readonly records: number;
  readonly indexed: number;
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** How equal a collection's copy is to the record. */
export interface Consistency {
  readonly collection: string;
  readonly records: number;
  readonly copied_records: number | null;
  readonly lag: { readonly records: number; readonly seconds: number };
  readonly parked: number;
  readonly state: string;
  readonly build: { readonly copied: number; readonly total: number | null } | null;
  readonly last_proof: string | null;
  readonly differences: { readonly found: number; readonly repaired: number };
  readonly last_error: string | null;
}

export type Metadata = Readonly<Record<string, unknown>>;

export interface StoredRecord {
  readonly id: string;
  readonly text?: string;
  readonly metadata?: Metadata;
  readonly vector?: readonly number[];
  readonly version: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A filter in the API's own language. */
export type Filter = Readonly<Record<string, unknown>>;
