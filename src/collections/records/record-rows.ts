import type { Include } from '../vector-store.port';
import type { ShownVectors } from '../named-vectors';
import { namedColumn, shownVectors, type NamedRow } from './named-rows';

export interface RecordRow {
  readonly id: string;
  readonly version: number;
  readonly embedded_from: 'vector' | 'text';
  readonly metadata?: Record<string, unknown>;
  readonly text?: string | null;
  /** pgvector's text form; null where the record has none without a name. */
  readonly vector?: string | null;
  /** Null where it has none. */
  readonly vectors?: readonly NamedRow[] | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The columns of `r` that an answer needs; what is not asked for is not read. */
export const recordColumns = (include: Include): string =>
  [
    'r.id, r.version',
    include.metadata ? 'r.metadata' : undefined,
    include.text ? 'r.text' : undefined,
    include.vector ? 'r.embedding::text as vector' : undefined,
    include.vectors ? namedColumn() : undefined,
  ]
    .filter((column) => column !== undefined)
    .join(', ');

/** pgvector's text form is valid JSON. */
export const parseVector = (text: string): number[] => JSON.parse(text) as number[];

/** The parts of a row that were asked for, as they are shown. */
export const presentParts = (row: {
  readonly [Part in 'metadata' | 'text' | 'vector' | 'vectors']?: RecordRow[Part] | null;
}): {
  metadata?: Record<string, unknown>;
  text?: string | null;
  vector?: number[];
  vectors?: ShownVectors;
} => ({
  ...(row.metadata === undefined || row.metadata === null ? {} : { metadata: row.metadata }),
  ...(row.text === undefined || row.text === null ? {} : { text: row.text }),
  ...(row.vector === undefined || row.vector === null ? {} : { vector: parseVector(row.vector) }),
  ...(row.vectors === undefined || row.vectors === null ? {} : { vectors: shownVectors(row.vectors) }),
});
