import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { embeddingsConfig, searchConfig, type EmbeddingsSettings, type SearchSettings } from '../../config';
import { Budget } from '../../orchestrator/hedge-budget';
import { PostgresAway } from '../../registry/postgres-away';
import type { Collection } from '../collection';
import { CollectionsService } from '../collections.service';
import { isStateOf, RecordStates, type RecordState } from './record-state';
import { ResultCache } from './result-cache';
import { ResultCacheMetrics } from './result-cache-metrics';
import type { SearchAnswer, SearchRequest } from './search-request';
import { type SearchOptions, SearchService } from './search.service';
import { type RouteAtRest, VectorSearch } from './vector-search';

const MIB = 1024 * 1024;
/** Whoever waits this long for the state of a collection searches without it. */
const STATE_MS = 100;
/** Reading the state costs a search of its own kind a round trip: each hit pays for one, and a few more are free. */
const FREE_READS = 100;
const SHARE_READ = 0.05;

/**
 * Searches of which an earlier answer is served again as long as nothing has changed: neither the collection, nor its records,
 * nor who serves. The state is read in Postgres with each request, after it came and before the look into memory; so a
 * served answer is what the search would find now (decision 33).
 */
@Injectable()
export class CachedSearch {
  private readonly cache: ResultCache | undefined;
  private readonly reads = new Budget(1, FREE_READS);

  constructor(
    @Inject(searchConfig.KEY) private readonly settings: SearchSettings,
    @Inject(embeddingsConfig.KEY) private readonly embeddings: Pick<EmbeddingsSettings, 'provider'>,
    private readonly searches: SearchService,
    private readonly collections: CollectionsService,
    private readonly vectors: VectorSearch,
    private readonly states: RecordStates,
    private readonly away: PostgresAway,
    private readonly metrics: ResultCacheMetrics,
  ) {
    const { cacheMb } = settings;
    this.cache = cacheMb === 0 ? undefined : new ResultCache(cacheMb * MIB);
  }

  /** Like `SearchService.search`; `cached` in the answer tells that it is an earlier one. */
  async search(scope: Scope, name: string, request: SearchRequest, options: SearchOptions = {}): Promise<SearchAnswer> {
    const { cache } = this;
    if (!cache || !isRepeatable(name, request) || this.away.isSilent) {
      return await this.searches.search(scope, name, request, options);
    }
    const startedAt = performance.now();
    const collection = await this.collections.resolve(scope, name);
    const route = this.routeFor(collection, request);
    if (route === undefined) return await this.searches.search(scope, name, request, options);
    const key = keyOf(request, route);
    const state = this.isWorthAsking(cache, scope, name, key) ? await this.stateOf(scope, name) : undefined;
    const kept = state && isStateOf(state, collection) ? cache.get(scope.projectId, name, state.state, key) : undefined;
    if (kept !== undefined) return this.hit(kept, startedAt);
    this.metrics.found('miss');
    return await this.searchAndKeep({ cache, scope, name, request, options, key, state });
  }

  /**
   * `undefined`: the search is to be carried out. What another service has a part in is kept by wish alone: a fault of that
   * service is to show in the very next answer.
   */
  private routeFor(collection: Collection, request: SearchRequest): RouteAtRest | undefined {
    const route = this.vectors.routeAtRest(collection, request);
    if (this.settings.cacheFor === 'all') return route;
    const isEmbedded = collection.model !== null && request.query.text !== undefined && request.mode !== 'keyword';
    const isFar = route?.engine === 'qdrant' || (isEmbedded && this.embeddings.provider !== 'local');
    return isFar ? undefined : route;
  }

  private hit(kept: string, startedAt: number): SearchAnswer {
    this.metrics.found('hit');
    this.reads.deposit();
    const took_ms = Math.round((performance.now() - startedAt) * 100) / 100;
    return { ...(JSON.parse(kept) as SearchAnswer), took_ms, cached: true };
  }

  /** Searches that are never repeated should not pay for those that are. */
  private isWorthAsking(cache: ResultCache, { projectId }: Scope, name: string, key: string): boolean {
    return cache.has(projectId, name, key) || this.reads.withdraw() || Math.random() < SHARE_READ;
  }

  /** `undefined`: it can't be told soon, or there is no such collection. The search itself finds out why. */
  private async stateOf(scope: Scope, name: string): Promise<RecordState | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, STATE_MS, undefined);
    });
    try {
      return await Promise.race([this.states.now(scope, name), late]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  private async searchAndKeep({ cache, scope, name, request, options, key, state }: Miss): Promise<SearchAnswer> {
    const searched: { collection?: Collection } = {};
    const uses = (collection: Collection): void => void (searched.collection = collection);
    const answer = await this.searches.search(scope, name, request, { ...options, uses });
    const isCertain = !answer.degraded && answer.consistency === 'strong';
    if (state && isCertain && searched.collection && isStateOf(state, searched.collection)) {
      cache.set(scope.projectId, name, state.state, key, JSON.stringify(answer));
      this.metrics.holds(cache.bytes);
    }
    return answer;
  }
}

interface Miss {
  readonly cache: ResultCache;
  readonly scope: Scope;
  readonly name: string;
  readonly request: SearchRequest;
  readonly options: SearchOptions;
  readonly key: string;
  readonly state: RecordState | undefined;
}

/**
 * Not what is asked to see the engines at work, nor what may be stale by the caller's wish, nor collections of the product
 * itself: what a search of memories finds depends on more than their records.
 */
const isRepeatable = (name: string, { explain, engine, consistency }: SearchRequest): boolean =>
  !explain && engine === undefined && consistency !== 'eventual' && !name.startsWith('@');

/** All that the answer depends on beside the state: whoever adds a part of a request adds it here without a thought. */
const keyOf = (request: SearchRequest, route: RouteAtRest): string =>
  createHash('sha256')
    .update(
      JSON.stringify([route, request], (_name, value: unknown) =>
        typeof value === 'bigint' ? { value: `${value}` } : value,
      ),
    )
    .digest('base64');
