import type { FilterNode } from '../../common/filter';
import type { FusedPart } from '../../keyword/fuse';
import type { SparseInput } from '../records/named-input';
import type { Include, VectorHit } from '../vector-store.port';

export const SEARCH_MODES = ['hybrid', 'vector', 'keyword'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

/** Who can rank vectors. */
export const SEARCH_ENGINES = ['qdrant', 'pgvector'] as const;
export type SearchEngine = (typeof SEARCH_ENGINES)[number];

/** One of the four. */
export interface SearchQuery {
  readonly text?: string | undefined;
  /** A list of vectors is for a name whose vectors are such lists. */
  readonly vector?: string | readonly number[] | readonly (string | readonly number[])[] | undefined;
  readonly sparse?: SparseInput | undefined;
  readonly id?: string | undefined;
}

export interface SearchRequest {
  readonly query: SearchQuery;
  /** The name of the vectors that are searched. Default: those without a name. */
  readonly using?: string | undefined;
  /** Left out of a search by a name; default: the record of the query. */
  readonly excludeIds?: readonly string[] | undefined;
  readonly mode?: SearchMode | undefined;
  readonly filter?: FilterNode | undefined;
  readonly limit: number;
  readonly include: Include;
  readonly score_threshold?: number | undefined;
  readonly exact: boolean;
  readonly explain: boolean;
  /** `eventual` takes Qdrant's own answer without looking it up in Postgres. Default `strong`. */
  readonly consistency?: 'strong' | 'eventual' | undefined;
  /** For administrators: this engine ranks the vectors, or the search fails. Default: who serves best now. */
  readonly engine?: SearchEngine | undefined;
  /** Of the two rankings in hybrid mode. */
  readonly weights?: { readonly vector?: number | undefined; readonly keyword?: number | undefined } | undefined;
}

/** `score` is the metric's own number, BM25 in keyword mode, and the fused rank (with its parts in `scores`) in hybrid. */
export type SearchResult = VectorHit & {
  readonly scores?: { readonly vector?: FusedPart; readonly keyword?: FusedPart };
};

export interface SearchExplanation {
  readonly mode: SearchMode;
  /** What the scores of this answer are, for people. */
  readonly score: string;
  readonly steps: readonly SearchStep[];
}

/** What one part of a search did: who served it, what it looked at, how long it took. */
export interface SearchStep {
  readonly step: 'embed' | 'vector' | 'keyword' | 'fuse' | 'fetch';
  readonly served_by?: string;
  readonly took_ms: number;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface SearchAnswer {
  readonly results: SearchResult[];
  readonly served_by: 'qdrant' | 'pgvector' | 'postgres';
  readonly degraded: boolean;
  readonly degraded_reasons: string[];
  /** `strong`: everything that was acknowledged is seen. `eventual`: as far as Qdrant had come. */
  readonly consistency: 'strong' | 'eventual';
  readonly took_ms: number;
  /** An earlier answer, and nothing has changed since; `served_by` found it then. Absent otherwise. */
  readonly cached?: true;
  readonly explain?: SearchExplanation;
}
