import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Scope } from '../../common/scope';
import { LOGGER } from '../../telemetry/logger';
import { PgVectorStore } from '../adapters/pgvector/pgvector.store';
import type { Collection } from '../collection';
import type { VectorHit, VectorQuery } from '../vector-store.port';
import { SearchMetrics } from './search-metrics';

const SHARE = 0.01;
const AT_LEAST_EVERY_MS = 60_000;
const COMPARED = 10;

/**
 * Keeps the fallback warm: a small share of the searches that Qdrant served runs on pgvector too, after the answer, one
 * at a time. A path that is never taken is a path that does not work on the day.
 */
@Injectable()
export class WarmUp {
  private lastAt = performance.now();
  private isRunning = false;

  constructor(
    private readonly pgvector: PgVectorStore,
    private readonly metrics: SearchMetrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  sample(scope: Scope, collection: Collection, query: VectorQuery, hits: readonly VectorHit[]): void {
    const isDue = performance.now() - this.lastAt > AT_LEAST_EVERY_MS || Math.random() < SHARE;
    if (!isDue || this.isRunning || hits.length === 0) return;
    this.isRunning = true;
    this.lastAt = performance.now();
    setImmediate(() => void this.compare(scope, collection, query, hits));
  }

  private async compare(
    scope: Scope,
    collection: Collection,
    query: VectorQuery,
    hits: readonly VectorHit[],
  ): Promise<void> {
    try {
      const include = { metadata: false, text: false, vector: false };
      const others = await this.pgvector.search(scope, collection, { ...query, include });
      const top = new Set(others.slice(0, COMPARED).map(({ id }) => id));
      const first = hits.slice(0, COMPARED);
      this.metrics.compared(first.filter(({ id }) => top.has(id)).length / first.length);
    } catch (error) {
      this.logger.debug({ err: error, collection: collection.id }, 'the fallback was not compared');
    } finally {
      this.isRunning = false;
    }
  }
}
