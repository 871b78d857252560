import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Scope } from '../../common/scope';
import { embeddingsConfig, searchConfig, type EmbeddingsSettings, type SearchSettings } from '../../config';
import { Budget } from '../../orchestrator/hedge-budget';
import { PostgresAway } from '../../registry/postgres-away';
import type { Collection } from '../collection';
import { CollectionsService } from '../collections.service';
import { numbersShown } from '../named-vectors';
import { KeywordStore } from './keyword.store';
import { isStateOf, RecordStates, type RecordState } from './record-state';
import { ResultCache } from './result-cache';
import { ResultCacheMetrics } from './result-cache-metrics';
import type { SearchAnswer, SearchRequest } from './search-request';
import { type SearchOptions, SearchService } from './search.service';
import { type RouteAtRest, VectorSearch } from './vector-search';

const MIB = 1024 * 1024;
/** Whoever waits this long for the state of a collection searches without it. */
const STATE_MS = 100;
/** Where it did not come, nobody asks for it again for so long: twice as long each time, up to the latter. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const MAX_PAUSES = 1_000;
/** Characters of a number of a vector, as JSON: some more in most cases. */
const NUMBER_LENGTH = 10;
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
  /** Collections whose state could not be told. */
  private readonly pauses = new LRUCache<string, Pause>({ max: MAX_PAUSES });

  constructor(
    @Inject(searchConfig.KEY) private readonly settings: SearchSettings,
    @Inject(embeddingsConfig.KEY) private readonly embeddings: Pick<EmbeddingsSettings, 'provider'>,
    private readonly searches: SearchService,
    private readonly collections: CollectionsService,
    private readonly vectors: VectorSearch,
    private readonly keywords: KeywordStore,
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
    const statistics = this.statisticsFor(collection, request);
    const key = keyOf(request, route, statistics);
    const state = this.isWorthAsking(cache, scope, name, key) ? await this.stateOf(scope, name) : undefined;
    const kept = state && isStateOf(state, collection) ? cache.get(scope.projectId, name, state.state, key) : undefined;
    if (kept !== undefined) return this.hit(kept, startedAt);
    this.metrics.found('miss');
    return await this.searchAndKeep({ cache, scope, name, request, options, key, state, statistics });
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

  /** Scores by keyword depend on the size of the collection, which each process counts now and then. */
  private statisticsFor(collection: Collection, { mode, query }: SearchRequest): string {
    return mode === 'vector' || query.text === undefined ? '' : this.keywords.statisticsOf(collection);
  }

  private hit(kept: string, startedAt: number): SearchAnswer {
    this.metrics.found('hit');
    this.reads.deposit();
    const took_ms = Math.round((performance.now() - startedAt) * 100) / 100;
    return { ...(JSON.parse(kept) as SearchAnswer), took_ms, cached: true };
  }

  /** Searches that are never repeated should not pay for those that are. */
  private isWorthAsking(cache: ResultCache, { projectId }: Scope, name: string, key: string): boolean {
    const pause = this.pauses.get(`${projectId}/${name}`);
    if (pause && performance.now() < pause.untilMs) return false;
    return cache.has(projectId, name, key) || this.reads.withdraw() || Math.random() < SHARE_READ;
  }

  /** `undefined`: it can't be told soon, or there is no such collection. The search itself finds out why. */
  private async stateOf(scope: Scope, name: string): Promise<RecordState | undefined> {
    const state = await this.stateInTime(scope, name);
    const at = `${scope.projectId}/${name}`;
    if (state) this.pauses.delete(at);
    else this.pauses.set(at, nextPause(this.pauses.peek(at)));
    return state;
  }

  private async stateInTime(scope: Scope, name: string): Promise<RecordState | undefined> {
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

  private async searchAndKeep(miss: Miss): Promise<SearchAnswer> {
    const { scope, name, request, options } = miss;
    const searched: { collection?: Collection } = {};
    const uses = (collection: Collection): void => void (searched.collection = collection);
    const answer = await this.searches.search(scope, name, request, { ...options, uses });
    if (searched.collection) this.keep(miss, searched.collection, answer);
    return answer;
  }

  private keep(
    { cache, scope, name, request, key, state, statistics }: Miss,
    by: Collection,
    answer: SearchAnswer,
  ): void {
    const isCertain = !answer.degraded && answer.consistency === 'strong';
    if (!state || !isCertain || !isStateOf(state, by) || this.statisticsFor(by, request) !== statistics) return;
    // To write out what is too long to be kept would cost more than the search.
    if (roughLength(answer) > cache.maxLength) return;
    cache.set(scope.projectId, name, state.state, key, JSON.stringify(answer));
    this.metrics.holds(cache.bytes);
  }
}

const roughLength = ({ results }: SearchAnswer): number =>
  results.reduce((sum, { vector, vectors, text }) => {
    const numbers = (vector?.length ?? 0) + (vectors ? numbersShown(vectors) : 0);
    return sum + NUMBER_LENGTH * numbers + (text?.length ?? 0);
  }, 0);

interface Pause {
  readonly untilMs: number;
  readonly lengthMs: number;
}

/** Those who waited together are late together: that counts once. */
function nextPause(last: Pause | undefined): Pause {
  const nowMs = performance.now();
  if (last && nowMs < last.untilMs) return last;
  const lengthMs = last ? Math.min(2 * last.lengthMs, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
  return { untilMs: nowMs + lengthMs, lengthMs };
}

interface Miss {
  readonly cache: ResultCache;
  readonly scope: Scope;
  readonly name: string;
  readonly request: SearchRequest;
  readonly options: SearchOptions;
  readonly key: string;
  readonly state: RecordState | undefined;
  readonly statistics: string;
}

/**
 * Not what is asked to see the engines at work, nor what may be stale by the caller's wish, nor collections of the product
 * itself: what a search of memories finds depends on more than their records.
 */
const isRepeatable = (name: string, { explain, engine, consistency }: SearchRequest): boolean =>
  !explain && engine === undefined && consistency !== 'eventual' && !name.startsWith('@');

/** All that the answer depends on beside the state: whoever adds a part of a request adds it here without a thought. */
const keyOf = (request: SearchRequest, route: RouteAtRest, statistics: string): string => {
  const { vector, ...query } = request.query;
  // As text, the numbers would take ten times as long as all the rest.
  const numbers = isOfNumbers(vector) ? vector : undefined;
  const described = [route, numbers ? { ...request, query } : request, statistics, numbers?.length ?? null];
  const hash = createHash('sha256').update(
    JSON.stringify(described, (_name, value: unknown) => (typeof value === 'bigint' ? { value: `${value}` } : value)),
  );
  if (numbers) hash.update(Float64Array.from(numbers));
  return hash.digest('base64');
};

const isOfNumbers = (vector: SearchRequest['query']['vector']): vector is readonly number[] =>
  Array.isArray(vector) && typeof vector[0] === 'number';
