import { Injectable } from '@nestjs/common';
import { DEFAULT_DEADLINE_MS, remainingMs } from '../../common/deadline';
import { invalidAt, notFound, ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { span } from '../../common/tracing';
import { EmbeddingProvider } from '../../embeddings/embedding-provider.port';
import type { Collection } from '../collection';
import { CollectionMetrics } from '../collection-metrics';
import { CollectionsService, mustHaveModel } from '../collections.service';
import { scoreMeaning } from './score-meaning';
import type { Metric } from '../metric';
import { metricOf, mustFitWithVectors, spaceOf } from '../named-vectors';
import { FUSION, fuseByRank } from '../../keyword/fuse';
import { presentParts } from '../records/record-rows';
import { RecordsRepository } from '../records/records.repository';
import { mustBeVector } from '../records/vector-input';
import type { VectorHit, VectorQuery } from '../vector-store.port';
import { KeywordStore } from './keyword.store';
import { SearchTrace } from './search-trace';
import { mustBeSpace, NamedSearch } from './named-search';
import { VectorSearch, type VectorAnswer } from './vector-search';
import type { SearchAnswer, SearchMode, SearchQuery, SearchRequest, SearchResult } from './search-request';

const INCLUDE_NONE = { metadata: false, text: false, vector: false };

/** Search by meaning, by keyword, and by both. */
@Injectable()
export class SearchService {
  constructor(
    private readonly collections: CollectionsService,
    private readonly records: RecordsRepository,
    private readonly vectors: VectorSearch,
    private readonly keywords: KeywordStore,
    private readonly embeddings: EmbeddingProvider,
    private readonly metrics: CollectionMetrics,
    private readonly named: NamedSearch,
  ) {}

  async search(scope: Scope, name: string, request: SearchRequest, options: SearchOptions = {}): Promise<SearchAnswer> {
    const path = options.path ?? '';
    return await this.collections.use(scope, name, async (collection) => {
      const startedAt = performance.now();
      const mode = modeOf(collection, request, path);
      mustFitWithVectors(collection, request.include, request.limit);
      const { signal, hasStandIn = mode === 'hybrid' } = options;
      options.uses?.(collection);
      const run = { scope, collection, request, trace: new SearchTrace(), path, signal, hasStandIn };
      const answer = await this.traced(run, mode);
      this.metrics.searched(mode, performance.now() - startedAt);
      return answer;
    });
  }

  private async traced(run: Run, mode: SearchMode): Promise<SearchAnswer> {
    const { collection, request, trace } = run;
    const facts = () => ({ attributes: { 'zerodb.collection': collection.id, 'zerodb.search_mode': mode } });
    return await span('search', facts, async (working) => {
      const results = await this.byMode(run, mode);
      const score = scoreMeaning(metricIn(collection, request), mode, request, results);
      const answer = trace.answer(results, request.explain ? { mode, score } : undefined);
      working.set({
        'zerodb.served_by': answer.served_by,
        'zerodb.consistency': answer.consistency,
        'zerodb.degraded_reasons': answer.degraded_reasons,
        'zerodb.results': results.length,
      });
      return answer;
    });
  }

  /** Checks all that can be checked without running anything: a batch is refused as a whole. */
  async mustBeSearchable(scope: Scope, name: string, request: SearchRequest, path: string): Promise<void> {
    const collection = await this.collections.resolve(scope, name);
    modeOf(collection, request, path);
    mustFitWithVectors(collection, request.include, request.limit);
    if (request.using !== undefined) {
      await this.named.vectorFor(scope, collection, request.using, request.query, path);
      return;
    }
    if (request.query.vector !== undefined) mustBeUnnamed(collection, request.query, path);
    if (request.query.id !== undefined) await this.vectorOf(scope, collection, request.query.id);
  }

  /** The vector that a query stands for. */
  async vectorFor(
    scope: Scope,
    collection: Collection,
    query: SearchQuery,
    path: string,
    signal?: AbortSignal,
    hasStandIn = false,
  ): Promise<ArrayLike<number>> {
    if (query.vector !== undefined || query.sparse !== undefined) return mustBeUnnamed(collection, query, path);
    if (query.id !== undefined) return await this.vectorOf(scope, collection, query.id);
    const model = mustHaveModel(collection, this.embeddings, `${path}/query/text`);
    const texts = [query.text ?? ''];
    const [vector] = hasStandIn
      ? await this.embeddings.embedSoon(model, texts, patienceMs(signal), signal)
      : await this.embeddings.embed(model, texts, signal);
    if (!vector) throw new Error('The embedding provider returned no vector.');
    return vector;
  }

  /** The numbers of a record's vector: of the one without a name, or of a dense one. */
  async vectorOf(scope: Scope, collection: Collection, id: string, using?: string): Promise<number[]> {
    if (using !== undefined) return await this.named.numbersOf(scope, collection, using, id);
    const vector = await this.vectors.vectorOf(scope, collection, id, async () => {
      const row = await this.records.find(scope, collection, id, { ...INCLUDE_NONE, vector: true });
      const vector = row && presentParts(row).vector;
      if (row && !vector) throw invalidAt('/query/id', `The record "${id}" has no vector without a name.`);
      return vector;
    });
    if (!vector) throw notFound('record', id);
    return vector;
  }

  private async byMode(run: Run, mode: SearchMode): Promise<SearchResult[]> {
    if (mode === 'keyword') return await this.byKeyword(run);
    if (mode === 'vector') return await this.byVector(run, run.request.limit, run.request.include);
    return await this.byBoth(run);
  }

  private async byVector(run: Run, limit: number, include: VectorQuery['include']): Promise<VectorHit[]> {
    const { scope, collection, request, trace } = run;
    if (request.using !== undefined) return await this.byName(run, request.using, limit);
    const vector = await trace.step('embed', () =>
      this.vectorFor(scope, collection, request.query, run.path, run.signal, run.hasStandIn),
    );
    const query: VectorQuery = {
      vector,
      limit,
      filter: request.filter,
      exact: request.exact,
      scoreThreshold: request.score_threshold,
      excludeIds: request.query.id === undefined ? undefined : [request.query.id],
      include,
    };
    // Copies have no vectors with names: an answer with them is looked up.
    const consistency = include.vectors ? undefined : request.consistency;
    const options = { consistency, engine: request.engine, signal: run.signal };
    return await trace.vectorStep(() => this.vectors.search(scope, collection, query, options), {
      metric: collection.metric,
      exact: request.exact,
      limit,
    });
  }

  private async byName(run: Run, using: string, limit: number): Promise<VectorHit[]> {
    const { scope, collection, request, trace, path } = run;
    const space = mustBeSpace(collection, using, path);
    const vector = await this.named.vectorFor(scope, collection, using, request.query, path);
    const { filter, include, score_threshold: scoreThreshold, query } = request;
    const excludeIds = request.excludeIds ?? (query.id === undefined ? undefined : [query.id]);
    const asked = { space, vector, limit, filter, scoreThreshold, excludeIds, include };
    const answer = async (): Promise<VectorAnswer> => ({
      hits: await this.named.search(scope, collection, asked),
      servedBy: 'pgvector',
      consistency: 'strong',
      reasons: [],
    });
    return await trace.vectorStep(answer, { using, metric: metricOf(space), exact: true, limit });
  }

  private async byKeyword(run: Run): Promise<SearchResult[]> {
    const { request } = run;
    const hits = await this.keywordHits(run, request.limit, request.score_threshold);
    const scores = new Map(hits.map(({ id, score }) => [id, score]));
    return await this.fetch(run, [...scores.keys()], (id) => ({ score: scores.get(id) ?? 0 }));
  }

  private async byBoth(run: Run): Promise<SearchResult[]> {
    const { request, trace } = run;
    const depth = Math.max(FUSION.candidates, request.limit);
    const keywords = this.keywordHits(run, depth);
    // Listened to from now on: what follows may not wait for it.
    keywords.catch(() => undefined);
    const near = await this.nearUnlessUnavailable(run, depth);
    if (trace.isUnchecked && request.consistency !== 'eventual') return await this.withoutPostgres(run);
    const inPostgres = async (): Promise<SearchResult[]> => this.fused(run, near, await keywords);
    if (request.engine !== undefined) return await inPostgres();
    return await this.vectors.unlessGone(run.collection, inPostgres, () => this.withoutPostgres(run));
  }

  private async fused(
    run: Run,
    near: readonly { id: string }[],
    matching: readonly { id: string }[],
  ): Promise<SearchResult[]> {
    const { request, trace } = run;
    const weights = request.weights ?? {};
    const fused = await trace.step('fuse', () =>
      fuseByRank<'vector' | 'keyword'>([
        { name: 'vector', weight: weights.vector ?? FUSION.vectorWeight, ids: near.map(({ id }) => id) },
        { name: 'keyword', weight: weights.keyword ?? FUSION.keywordWeight, ids: matching.map(({ id }) => id) },
      ]).slice(0, request.limit),
    );
    const hits = new Map(fused.map((hit) => [hit.id, hit]));
    return await this.fetch(run, [...hits.keys()], (id) => ({
      score: hits.get(id)?.score ?? 0,
      scores: hits.get(id)?.scores ?? {},
    }));
  }

  /** Postgres is gone, and the keywords with it: what Qdrant has is the answer. */
  private async withoutPostgres(run: Run): Promise<SearchResult[]> {
    run.trace.degrade('keyword_unavailable');
    return await this.byVector(run, run.request.limit, run.request.include);
  }

  /** Without the embedding provider a hybrid search uses keywords only, and reports it. */
  private async nearUnlessUnavailable(run: Run, depth: number): Promise<VectorHit[]> {
    try {
      return await this.byVector(run, depth, INCLUDE_NONE);
    } catch (error) {
      const { query, engine } = run.request;
      const mayGoOn =
        error instanceof ZeroDbError && error.status === 503 && query.text !== undefined && engine === undefined;
      if (!mayGoOn) throw error;
      run.trace.degrade('embeddings_unavailable');
      return [];
    }
  }

  private async keywordHits(
    run: Run,
    limit: number,
    scoreThreshold?: number,
  ): Promise<{ id: string; score: number }[]> {
    const { scope, collection, request, trace } = run;
    const query = { text: request.query.text ?? '', limit, filter: request.filter, scoreThreshold };
    return await trace.step('keyword', () => this.keywords.search(scope, collection, query), {
      served_by: 'postgres',
      detail: { ranking: 'bm25', limit },
    });
  }

  /** The rows of `ids`, in that order. One that was deleted since is left out. */
  private async fetch(
    run: Run,
    ids: readonly string[],
    scored: (id: string) => Pick<SearchResult, 'score' | 'scores'>,
  ): Promise<SearchResult[]> {
    if (ids.length === 0) return [];
    const { scope, collection, request, trace } = run;
    const rows = await trace.step('fetch', () => this.records.findMany(scope, collection, ids, request.include));
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.flatMap((id) => {
      const row = byId.get(id);
      return row ? [{ id, ...scored(id), version: row.version, ...presentParts(row) }] : [];
    });
  }
}

interface Run {
  readonly scope: Scope;
  readonly collection: Collection;
  readonly request: SearchRequest;
  readonly trace: SearchTrace;
  readonly path: string;
  readonly signal: AbortSignal | undefined;
  readonly hasStandIn: boolean;
}

export interface SearchOptions {
  /** Where the request stands in the body: empty, or `/searches/3` in a batch. */
  readonly path?: string;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the caller has an answer without the query's vector, and would rather give that one than wait to the end of
   * the deadline. Hybrid searches have: their keywords.
   */
  readonly hasStandIn?: boolean;
  /** Called with the collection that is searched: again, when that turns out to serve no more. */
  readonly uses?: (collection: Collection) => void;
}

/** A query is embedded in milliseconds, and by a far provider in some hundreds. */
const EMBED_MS = 1_200;

/** Half of the time that is left at most: what stands in needs some, too. */
const patienceMs = (signal: AbortSignal | undefined): number =>
  Math.min(EMBED_MS, remainingMs(signal, DEFAULT_DEADLINE_MS) / 2);

const metricIn = (collection: Collection, { using }: SearchRequest): Metric => {
  const space = using === undefined ? undefined : spaceOf(collection, using);
  return space ? metricOf(space) : collection.metric;
};

/** The query's vector in the space of the vectors without a name. */
function mustBeUnnamed(collection: Collection, { vector }: SearchQuery, path: string): ArrayLike<number> {
  if (vector === undefined || (typeof vector !== 'string' && typeof vector[0] === 'object')) {
    throw invalidAt(
      `${path}/query`,
      'Sparse vectors and lists of vectors are searched by their name: say it in "using".',
    );
  }
  return mustBeVector(collection, vector as string | readonly number[], `${path}/query/vector`);
}

/** By a name only vectors are searched, and only in Postgres. */
function mustSayUsing({ using, mode, engine }: SearchRequest, path: string): void {
  if (using === undefined) return;
  if (mode !== undefined && mode !== 'vector') {
    throw invalidAt(`${path}/mode`, 'With "using" vectors alone are searched: the mode is "vector".');
  }
  if (engine === 'qdrant') throw invalidAt(`${path}/engine`, 'Postgres ranks vectors with names.');
}

/** Hybrid for text, vector for a vector or an id; a text in a collection without a model is searched by keyword. */
function modeOf(collection: Collection, request: SearchRequest, path: string): SearchMode {
  const { query, mode: asked, score_threshold: threshold } = request;
  mustSayUsing(request, path);
  const mode = asked ?? defaultMode(collection, query);
  if (request.using !== undefined) return 'vector';
  if (mode !== 'vector' && query.text === undefined) {
    throw invalidAt(`${path}/query`, `A ${mode} search needs a text.`);
  }
  if (mode !== 'keyword' && query.text !== undefined && !collection.model) {
    throw invalidAt(
      `${path}/query/text`,
      `The collection "${collection.name}" has no embedding model: send a vector, or search by keyword.`,
    );
  }
  if (mode === 'hybrid' && threshold !== undefined) {
    throw invalidAt(
      `${path}/score_threshold`,
      'A fused ranking has no absolute scores: use mode "vector" or "keyword".',
    );
  }
  if (mode === 'keyword' && request.engine !== undefined) {
    throw invalidAt(`${path}/engine`, 'Postgres ranks keywords; "engine" applies to vectors only.');
  }
  return mode;
}

function defaultMode(collection: Collection, query: SearchQuery): SearchMode {
  if (query.text === undefined) return 'vector';
  return collection.model ? 'hybrid' : 'keyword';
}
