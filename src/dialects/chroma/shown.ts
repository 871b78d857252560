import type { Include } from '../../collections/vector-store.port';
import { shownMetadata, uriIn } from './metadata';
import type { ChromaCollection } from './chroma.repository';
import { INCLUDABLE } from './schemas';

export type Part = (typeof INCLUDABLE)[number];

export interface ShownRecord {
  readonly id: string;
  readonly metadata?: Record<string, unknown>;
  readonly text?: string | null;
  readonly vector?: readonly number[];
}

/** An answer by columns; what is not wanted is null. */
export interface Columns {
  readonly ids: readonly string[];
  readonly embeddings: unknown;
  readonly documents: unknown;
  readonly metadatas: unknown;
  readonly uris: unknown;
  readonly include: readonly Part[];
}

export const wantedOf = (include: readonly Part[] | null | undefined, fallback: readonly Part[]): ReadonlySet<Part> =>
  new Set(include ?? fallback);

/** What has to be read for it. */
export const includeOf = (wanted: ReadonlySet<Part>): Include => ({
  metadata: wanted.has('metadatas') || wanted.has('uris'),
  text: wanted.has('documents'),
  vector: wanted.has('embeddings'),
});

export const columnsOf = (records: readonly ShownRecord[], wanted: ReadonlySet<Part>): Columns => {
  const column = <T>(part: Part, of: (record: ShownRecord) => T): T[] | null =>
    wanted.has(part) ? records.map(of) : null;
  return {
    ids: records.map(({ id }) => id),
    embeddings: column('embeddings', ({ vector }) => vector ?? null),
    documents: column('documents', ({ text }) => text ?? null),
    metadatas: column('metadatas', ({ metadata }) => shownMetadata(metadata)),
    uris: column('uris', ({ metadata }) => uriIn(metadata)),
    include: [...wanted],
  };
};

export const shownCollection = (known: ChromaCollection): object => ({
  id: known.id,
  name: known.name,
  configuration_json: known.configuration,
  schema: null,
  metadata: known.metadata,
  dimension: known.dimension,
  tenant: known.tenant,
  database: known.database,
  log_position: 0,
  version: 0,
});
