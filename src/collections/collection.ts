import type { EmbeddingModel } from '../embeddings/embedding-provider.port';
import type { TextLanguage } from '../keyword/languages';
import type { AskedCompression, CompressionState } from './compression/compression-state';
import type { Metric } from './metric';
import type { NamedSettings, NamedVectorSettings, SparseVectorSettings } from './named-vectors';

export const METADATA_INDEX_TYPES = ['string', 'number', 'datetime', 'boolean'] as const;

/** A metadata field that filters name often, and the type of its values. */
export interface MetadataIndexSettings {
  readonly field: string;
  readonly type: (typeof METADATA_INDEX_TYPES)[number];
}

/** Each costs a little at every write. */
export const MOST_INDEXES = 32;

/** How vectors are found: a graph (hnsw), inverted lists (ivfflat), or always by exact scan (flat). */
export type VectorIndexSettings =
  | { readonly type: 'hnsw'; readonly m: number; readonly ef_construction: number }
  | { readonly type: 'ivfflat'; readonly lists: number }
  | { readonly type: 'flat' };

export interface CollectionSettings extends CompressionState, NamedSettings {
  readonly vector_index: VectorIndexSettings;
  readonly indexes: readonly MetadataIndexSettings[];
  /** Absent in collections made before it could be declared: `auto`. */
  readonly text?: TextSettings;
}

/** How keyword search reads the texts. `auto`: each text in the language it seems to be in. */
export interface TextSettings {
  readonly language: TextLanguage;
}

export const languageOf = ({ text }: Pick<CollectionSettings, 'text'>): TextLanguage => text?.language ?? 'auto';

/** A named set of records with one dimension, one metric and at most one embedding model. */
export interface Collection {
  readonly id: number;
  readonly projectId: number;
  readonly name: string;
  /** 0: its records have no vector without a name. */
  readonly dimension: number;
  readonly metric: Metric;
  /** `null`: vectors come from the client, texts serve keyword search only. */
  readonly model: EmbeddingModel | null;
  readonly settings: CollectionSettings;
  /** Of its texts: `settings.text`. */
  readonly language: TextLanguage;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Differs after each change of the row, also one that leaves the version. Known where it was found by its name. */
  readonly revision?: string | undefined;
}

/** The requested settings: the dimension may follow from the model. */
export interface CollectionDefinition {
  readonly dimension?: number | undefined;
  readonly metric?: Metric | undefined;
  readonly embedding_model?: string | null | undefined;
  readonly indexes?: readonly MetadataIndexSettings[] | undefined;
  readonly vector_index?: VectorIndexSettings | undefined;
  readonly compression?: AskedCompression | undefined;
  readonly text?: TextSettings | undefined;
  readonly vectors?: Readonly<Record<string, NamedVectorDefinition>> | undefined;
  readonly sparse_vectors?: Readonly<Record<string, SparseVectorSettings>> | undefined;
}

export type NamedVectorDefinition = Pick<NamedVectorSettings, 'dimension'> & {
  readonly [Part in 'metric' | 'kind']?: NamedVectorSettings[Part] | undefined;
};

/** pgvector stores up to 16,000 dimensions. */
export const MAX_DIMENSION = 16_000;

/** Tables of a collection: named by its number, so that no input ever reaches a statement's text. */
export const recordsTable = (collection: Pick<Collection, 'id'>): string => `zerodb_vectors_${collection.id}`;
