import type { FilterNode } from '../common/filter';
import type { Scope } from '../common/scope';
import type { Collection } from './collection';
import type { ShownVectors } from './named-vectors';

export interface VectorQuery {
  /** `collection.dimension` finite numbers. */
  readonly vector: ArrayLike<number>;
  readonly limit: number;
  readonly filter?: FilterNode | undefined;
  /** Compare with every record instead of asking the index. */
  readonly exact: boolean;
  /** In the metric's own scale, inclusive. */
  readonly scoreThreshold?: number | undefined;
  /** Records left out: a query by example does not find its examples. */
  readonly excludeIds?: readonly string[] | undefined;
  readonly include: Include;
}

export interface Include {
  readonly metadata: boolean;
  readonly text: boolean;
  readonly vector: boolean;
  /** Those with names. Postgres alone has them. */
  readonly vectors?: boolean;
}

export interface VectorHit {
  readonly id: string;
  /** The metric's own number: similarity (higher is better) or distance (lower is better). */
  readonly score: number;
  readonly version: number;
  readonly metadata?: Record<string, unknown>;
  readonly text?: string | null;
  readonly vector?: number[];
  readonly vectors?: ShownVectors;
}

/**
 * An engine that finds the nearest records of a collection. Best first, ties by id in code point order; `limit` results
 * whenever that many match. Left out on purpose: writing (the record is written in Postgres; engines follow it), and
 * fusing with keywords (the same for every engine).
 */
export abstract class VectorStore {
  abstract readonly name: 'pgvector' | 'qdrant';
  /** Rejects with a `ServiceFault` when the engine is at fault; `signal` ends the call. */
  abstract search(scope: Scope, collection: Collection, query: VectorQuery, signal?: AbortSignal): Promise<VectorHit[]>;
}
