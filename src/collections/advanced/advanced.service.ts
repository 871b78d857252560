import { Injectable } from '@nestjs/common';
import { invalidAt } from '../../common/errors';
import { valuesAt, type FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import type { Collection } from '../collection';
import { CollectionsService } from '../collections.service';
import { metadataPath } from '../metadata-path';
import { METRIC_RULES } from '../metric';
import { mustFitWithVectors, namesOf, type NamedVectorSettings } from '../named-vectors';
import { presentParts } from '../records/record-rows';
import { RecordsRepository, type Selection } from '../records/records.repository';
import { mustBeVector } from '../records/vector-input';
import type { SearchAnswer, SearchQuery, SearchResult } from '../search/search-request';
import { mustBeSpace } from '../search/named-search';
import { SearchService } from '../search/search.service';
import { SearchTrace } from '../search/search-trace';
import { VectorSearch } from '../search/vector-search';
import type { Include, VectorHit, VectorQuery } from '../vector-store.port';
import { AdvancedRepository, type FacetValue } from './advanced.repository';
import { clustersOf, type Cluster } from './clusters';
import { maximalMarginalRelevance } from './mmr';
import { directionOf, similarity, targetOf } from './vector-math';

export interface Narrowing {
  readonly filter?: FilterNode | undefined;
  readonly include: Include;
  readonly exact: boolean;
  readonly score_threshold?: number | undefined;
  readonly consistency?: 'strong' | 'eventual' | undefined;
}

type Example = string | readonly number[];

/** Comparing each with each: so many take about a second. */
const MAX_COMPARED = 5_000;
const MAX_PAIRS = 100_000;
/** How many candidates are looked through for groups before the answer is given as it is. */
const MAX_GROUP_CANDIDATES = 16_384;

/** The five advanced operations. */
@Injectable()
export class AdvancedService {
  constructor(
    private readonly collections: CollectionsService,
    private readonly records: RecordsRepository,
    private readonly search: SearchService,
    private readonly vectors: VectorSearch,
    private readonly repository: AdvancedRepository,
  ) {}

  /** Records like the positive examples and unlike the negative ones; the examples themselves are left out. */
  async recommend(
    scope: Scope,
    name: string,
    request: Narrowing & {
      positive: readonly Example[];
      negative: readonly Example[];
      limit: number;
      /** Records count by their direction alone, where the metric is cosine; default: with their length. */
      unit?: boolean;
      /** The name of the vectors, which are dense ones; default: those without a name. */
      using?: string | undefined;
    },
    signal?: AbortSignal,
  ): Promise<SearchAnswer> {
    return await this.collections.use(scope, name, async (collection) => {
      const trace = new SearchTrace();
      const [positive, negative] = await Promise.all([
        this.examples(scope, collection, request, 'positive'),
        this.examples(scope, collection, request, 'negative'),
      ]);
      const vector = targetOf(positive, negative);
      const metric = request.using === undefined ? collection.metric : denseSpace(collection, request.using).metric;
      if (metric === 'cosine' && vector.every((value) => Math.fround(value) === 0)) {
        throw invalidAt('/negative', 'The examples cancel each other out, so there is no direction to search in.');
      }
      const excludeIds = [...request.positive, ...request.negative].filter((example) => typeof example === 'string');
      if (request.using !== undefined) {
        const query = { ...request, query: { vector }, using: request.using, excludeIds, explain: false };
        return await this.search.search(scope, name, query, { signal });
      }
      const run = { scope, collection, trace, signal };
      return trace.answer(await this.nearest(run, { ...request, vector, excludeIds }), undefined);
    });
  }

  /** The best records per value of a field, groups in the order of their best. */
  async groups(
    scope: Scope,
    name: string,
    request: Narrowing & { query: SearchQuery; group_by: string; groups: number; group_size: number },
    signal?: AbortSignal,
  ): Promise<
    Omit<SearchAnswer, 'results'> & { groups: { value: string | number | boolean; results: SearchResult[] }[] }
  > {
    const path = metadataPath(request.group_by, '/group_by');
    return await this.collections.use(scope, name, async (collection) => {
      mustFitWithVectors(collection, request.include, request.groups * request.group_size, '/groups');
      const trace = new SearchTrace();
      const vector = await this.search.vectorFor(scope, collection, request.query, '', signal);
      const excludeIds = request.query.id === undefined ? [] : [request.query.id];
      const include = { ...request.include, metadata: true, vectors: false };
      // Ever more candidates until there are enough groups, all full, or no more records.
      for (let limit = request.groups * request.group_size * 2; ; limit *= 4) {
        const run = { scope, collection, trace, signal };
        const hits = await this.nearest(run, { ...request, vector, excludeIds, include, limit });
        const groups = groupsOf(hits, path, request);
        const enough =
          groups.length === request.groups && groups.every(({ results }) => results.length === request.group_size);
        if (!enough && hits.length === limit && limit < MAX_GROUP_CANDIDATES) continue;
        const { results: _results, ...answer } = trace.answer([], undefined);
        const read = await this.withNamed(
          run,
          groups.flatMap(({ results }) => results),
          request.include,
        );
        const shown = new Map(read.map((hit) => [hit.id, trimmed(hit, request.include)]));
        return {
          ...answer,
          groups: groups.map(({ value, results }) => ({
            value,
            results: results.flatMap(({ id }) => shown.get(id) ?? []),
          })),
        };
      }
    });
  }

  /** Relevant and unlike each other: maximal marginal relevance over the nearest candidates. */
  async diversify(
    scope: Scope,
    name: string,
    request: Narrowing & { query: SearchQuery; limit: number; candidates?: number | undefined; lambda: number },
    signal?: AbortSignal,
  ): Promise<SearchAnswer> {
    return await this.collections.use(scope, name, async (collection) => {
      mustFitWithVectors(collection, request.include, request.limit);
      const trace = new SearchTrace();
      const vector = await this.search.vectorFor(scope, collection, request.query, '', signal);
      const excludeIds = request.query.id === undefined ? [] : [request.query.id];
      const limit = request.candidates ?? Math.min(1000, Math.max(50, request.limit * 5));
      const include = { ...request.include, vector: true, vectors: false };
      const run = { scope, collection, trace, signal };
      const hits = await this.nearest(run, { ...request, vector, excludeIds, include, limit });
      const vectors = hits.map((hit) => hit.vector ?? []);
      const candidates = vectors.map((candidate) => ({ relevance: similarity(collection.metric, vector, candidate) }));
      const picked = await maximalMarginalRelevance(candidates, request.limit, request.lambda, (a, b) =>
        similarity(collection.metric, vectors[a] ?? [], vectors[b] ?? []),
      );
      const shown = picked.flatMap((position) => hits[position] ?? []);
      const results = await this.withNamed(run, shown, request.include);
      return trace.answer(
        results.map((hit) => trimmed(hit, request.include)),
        undefined,
      );
    });
  }

  /** Clusters of records that are at least as near to each other as the threshold. */
  async duplicates(
    scope: Scope,
    name: string,
    request: { threshold: number; filter?: FilterNode | undefined; limit: number },
  ): Promise<{ clusters: Cluster[] }> {
    return await this.collections.use(scope, name, async (collection) => {
      const count = await this.records.count(scope, collection, { filter: request.filter });
      if (count > MAX_COMPARED) {
        throw invalidAt(
          '/filter',
          `Each record is compared with each: narrow ${count} records to ${MAX_COMPARED} by a filter.`,
        );
      }
      const pairs = await this.repository.nearPairs(scope, collection, request.threshold, request.filter, MAX_PAIRS);
      const clusters = clustersOf(pairs, METRIC_RULES[collection.metric].higherIsBetter);
      return { clusters: clusters.slice(0, request.limit) };
    });
  }

  /** How many records have each value of the fields. */
  async facets(
    scope: Scope,
    name: string,
    request: Pick<Selection, 'filter' | 'pointIds'> & { fields: readonly string[]; limit: number },
  ): Promise<{ facets: Record<string, FacetValue[]> }> {
    const paths = request.fields.map((field, index) => metadataPath(field, `/fields/${index}`));
    return await this.collections.use(scope, name, async (collection) => {
      const counted = paths.map((path) => this.repository.facet(scope, collection, path, request, request.limit));
      const values = await Promise.all(counted);
      return { facets: Object.fromEntries(request.fields.map((field, index) => [field, values[index] ?? []])) };
    });
  }

  private async nearest(
    { scope, collection, trace, signal }: Run,
    request: Narrowing & Pick<VectorQuery, 'vector' | 'limit' | 'excludeIds'>,
  ): Promise<VectorHit[]> {
    mustFitWithVectors(collection, request.include, request.limit);
    const query: VectorQuery = {
      vector: request.vector,
      limit: request.limit,
      filter: request.filter,
      exact: request.exact,
      scoreThreshold: request.score_threshold,
      excludeIds: request.excludeIds,
      include: request.include,
    };
    // Copies have no vectors with names.
    const options = { consistency: request.include.vectors ? undefined : request.consistency, signal };
    return await trace.vectorStep(() => this.vectors.search(scope, collection, query, options));
  }

  /**
   * Hits with their named vectors, which only those that are shown need: each as its record is now. One whose record was
   * deleted meanwhile is left out.
   */
  private async withNamed(
    { scope, collection }: Run,
    hits: readonly VectorHit[],
    include: Include,
  ): Promise<readonly VectorHit[]> {
    if (!include.vectors || namesOf(collection).length === 0) return hits;
    const rows = await this.records.findMany(scope, collection, [...new Set(hits.map(({ id }) => id))], include);
    const found = new Map(rows.map((row) => [row.id, row]));
    return hits.flatMap(({ id, score }) => {
      const row = found.get(id);
      return row ? [{ id, score, version: row.version, ...presentParts(row) }] : [];
    });
  }

  private async examples(
    scope: Scope,
    collection: Collection,
    request: { positive: readonly Example[]; negative: readonly Example[]; unit?: boolean; using?: string | undefined },
    part: 'positive' | 'negative',
  ): Promise<ArrayLike<number>[]> {
    const { using } = request;
    const space = using === undefined ? collection : denseSpace(collection, using);
    const ofRecord = request.unit && space.metric === 'cosine' ? directionOf : (vector: number[]) => vector;
    const vectors = request[part].map(async (example, index) =>
      typeof example === 'string'
        ? ofRecord(await this.search.vectorOf(scope, collection, example, using))
        : mustBeVector(space, example, `/${part}/${index}`),
    );
    return await Promise.all(vectors);
  }
}

/** Means are made of vectors that are numbers alone. */
function denseSpace(collection: Collection, using: string): NamedVectorSettings {
  const space = mustBeSpace(collection, using, '');
  if (space.kind === 'dense') return space;
  throw invalidAt('/using', `Recommendations by "${using}" are not possible: it is ${space.kind}, and has no mean.`);
}

interface Run {
  readonly scope: Scope;
  readonly collection: Collection;
  readonly trace: SearchTrace;
  readonly signal: AbortSignal | undefined;
}

/** Drops what was read for the operation's own use. */
function trimmed(hit: VectorHit, include: Include): VectorHit {
  const { metadata, vector, ...rest } = hit;
  return {
    ...rest,
    ...(include.metadata && metadata ? { metadata } : {}),
    ...(include.vector && vector ? { vector } : {}),
  };
}

/** A record with several values is in several groups. */
function groupsOf(
  hits: readonly VectorHit[],
  path: { readonly keys: readonly string[] },
  request: { groups: number; group_size: number },
): { value: string | number | boolean; results: VectorHit[] }[] {
  const groups = new Map<string | number | boolean, VectorHit[]>();
  for (const hit of hits) {
    for (const value of new Set(valuesAt(hit.metadata, path.keys))) {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
      const group = groups.get(value);
      if (!group && groups.size < request.groups) groups.set(value, [hit]);
      else if (group && group.length < request.group_size) group.push(hit);
    }
  }
  return [...groups].map(([value, results]) => ({ value, results }));
}
