import type { EmbeddingModel } from '../embeddings/embedding-provider.port';
import type { TextLanguage } from '../keyword/languages';
import type { Metric } from './metric';

export const METADATA_INDEX_TYPES = ['string', 'number', 'datetime', 'boolean'] as const;

/** A metadata field that filters name often, and the type of its values. */
export interface MetadataIndexSettings {
  readonly field: string;
  readonly type: (typeof METADATA_INDEX_TYPES)[number];
}

/** How vectors are found: a graph (hnsw), inverted lists (ivfflat), or always by exact scan (flat). */
export type VectorIndexSettings =
  | { readonly type: 'hnsw'; readonly m: number; readonly ef_construction: number }
  | { readonly type: 'ivfflat'; readonly lists: number }
  | { readonly type: 'flat' };

/** `half`: the index holds 16-bit floats, half the memory; scores still come from the 32-bit originals. */
export type Compression = 'none' | 'half';

export interface CollectionSettings {
  readonly vector_index: VectorIndexSettings;
  readonly compression: Compression;
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
}

/** The requested settings: the dimension may follow from the model. */
export interface CollectionDefinition {
  readonly dimension?: number | undefined;
  readonly metric?: Metric | undefined;
  readonly embedding_model?: string | null | undefined;
  readonly indexes?: readonly MetadataIndexSettings[] | undefined;
  readonly vector_index?: VectorIndexSettings | undefined;
  readonly compression?: Compression | undefined;
  readonly text?: TextSettings | undefined;
}

/** pgvector: `vector` is indexed to 2,000 dimensions, `halfvec` to 4,000 (its README, "HNSW"). */
export const MAX_INDEXED_DIMENSION: Readonly<Record<Compression, number>> = { none: 2000, half: 4000 };

/** pgvector stores up to 16,000 dimensions. */
export const MAX_DIMENSION = 16_000;

/** Tables of a collection: named by its number, so that no input ever reaches a statement's text. */
export const recordsTable = (collection: Pick<Collection, 'id'>): string => `zerodb_vectors_${collection.id}`;
