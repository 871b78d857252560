import type { Filter, Metadata } from '../types';

export interface Part {
  readonly rank: number;
  /** What this ranking added to the fused score. */
  readonly score: number;
}

export interface Result {
  readonly id: string;
  readonly score: number;
  readonly scores?: { readonly vector?: Part; readonly keyword?: Part };
  readonly text?: string;
  readonly metadata?: Metadata;
  readonly version: number;
}

export interface Step {
  readonly step: string;
  readonly served_by?: string;
  readonly took_ms: number;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly results: readonly Result[];
  readonly served_by: string;
  readonly degraded: boolean;
  readonly degraded_reasons: readonly string[];
  readonly consistency: string;
  readonly took_ms: number;
  readonly explain?: { readonly mode: string; readonly steps: readonly Step[] };
}

export type Engine = 'qdrant' | 'pgvector';

/** A search as the API takes it. */
export interface SearchBody {
  readonly query: { readonly text?: string; readonly vector?: readonly number[]; readonly id?: string };
  readonly mode?: string;
  readonly filter?: Filter;
  readonly limit: number;
  readonly exact: boolean;
  readonly consistency?: string;
  readonly score_threshold?: number;
  readonly weights?: { readonly vector?: number; readonly keyword?: number };
  readonly engine?: Engine;
  readonly explain: true;
}
