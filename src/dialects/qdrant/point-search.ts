import { Injectable } from '@nestjs/common';
import { AdvancedService } from '../../collections/advanced/advanced.service';
import type { Collection } from '../../collections/collection';
import { CollectionsService } from '../../collections/collections.service';
import { isPointId } from '../../collections/points/point-id';
import { PointsService } from '../../collections/points/points.service';
import { RecordsService } from '../../collections/records/records.service';
import { SearchService } from '../../collections/search/search.service';
import type { VectorHit } from '../../collections/vector-store.port';
import type { FilterNode } from '../../common/filter';
import type { Target } from './point-updates';
import { wrongInput } from './errors';
import { filterNodeOf } from './filter';
import { limitOf, MOST_POINTS } from './limits';
import { mustBePlain, type Query } from './query';
import type { QueryBody } from './schemas';
import { pointOf, scoredOf, shownOf, type Shown } from './shown';

/** What narrows a ranking, as any of the searching routes takes it. */
export type Narrowing = Pick<
  QueryBody,
  'filter' | 'params' | 'score_threshold' | 'using' | 'lookup_from' | 'prefetch' | 'with_payload' | 'with_vector'
> &
  Pick<QueryBody, 'limit' | 'offset'>;

/** A ranking as it was sent. */
export interface Asked {
  readonly body: Narrowing;
  readonly read: (collection: Collection) => Query;
  /** Of the request, in Qdrant's errors. */
  readonly name: 'internal' | 'search_request' | 'recommend_request';
}

interface Search {
  readonly target: Target;
  readonly collection: Collection;
  readonly filter: FilterNode | undefined;
  readonly threshold: number | undefined;
  readonly exact: boolean;
  readonly shown: Shown;
}

/** Ranked points, by ZeroDB's own search: with its engines, its fallback and its checks. */
@Injectable()
export class PointSearch {
  constructor(
    private readonly collections: CollectionsService,
    private readonly searches: SearchService,
    private readonly advanced: AdvancedService,
    private readonly records: RecordsService,
    private readonly points: PointsService,
  ) {}

  /** Reads all of the request before anything runs. Returns the work: a batch is refused as a whole. */
  async prepare(target: Target, { body, read, name }: Asked): Promise<() => Promise<object[]>> {
    mustBePlain(body);
    const collection = await this.collections.resolve(target.scope, target.collection);
    const query = read(collection);
    const search: Search = {
      target,
      collection,
      filter: filterNodeOf(body.filter),
      threshold: body.score_threshold ?? undefined,
      exact: body.params?.exact ?? false,
      shown: shownOf(body, false),
    };
    const [limit, offset] = [limitOf(name, body.limit), body.offset ?? 0];
    return async () => await this.run(search, query, limit, offset);
  }

  private async run(search: Search, query: Query, limit: number, offset: number): Promise<object[]> {
    const wanted = await this.bounded(search, limit + offset);
    if (query.kind === 'scroll') return await this.scrolled(search, offset, wanted);
    const hits = await this.ranked(search, query, wanted);
    return hits.slice(offset, wanted).flatMap((hit) => scoredOf(search.collection, hit, search.shown));
  }

  /** More than fits into an answer is refused, unless there are no more points than fit. */
  private async bounded({ target: { scope, collection }, filter }: Search, wanted: number): Promise<number> {
    if (wanted <= MOST_POINTS) return wanted;
    const count = await this.records.count(scope, collection, { filter, pointIds: true });
    if (count <= MOST_POINTS) return Math.max(1, count);
    throw wrongInput(`ZeroDB ranks at most ${MOST_POINTS} points: limit and offset ask for ${wanted}`);
  }

  /** Without a query points come by their ids, each with the score 1. */
  private async scrolled(
    { target, collection, filter, shown }: Search,
    offset: number,
    limit: number,
  ): Promise<object[]> {
    const request = { filter, limit, include: shown.include };
    const rows = await this.points.scroll(target.scope, target.collection, request);
    return rows
      .slice(offset)
      .flatMap((row) => pointOf(collection, row, shown).map((point) => ({ ...point, version: row.version, score: 1 })));
  }

  /** `wanted` points. Other records of the collection rank among them, and are left out: then more are requested. */
  private async ranked(search: Search, query: Query, wanted: number): Promise<VectorHit[]> {
    for (let limit = wanted; ; limit = Math.min(MOST_POINTS * 2, limit * 4)) {
      const hits = await this.hits(search, query, limit);
      const points = hits.filter(({ id }) => isPointId(id));
      if (points.length >= wanted || hits.length < limit || limit >= MOST_POINTS * 2) return points.slice(0, wanted);
    }
  }

  private async hits(search: Search, query: Query, limit: number): Promise<VectorHit[]> {
    const { target, filter, exact, shown } = search;
    const { scope, collection, signal } = target;
    const common = { filter, limit, include: shown.include, score_threshold: search.threshold, exact };
    if (query.kind === 'recommend') {
      const request = { ...common, positive: query.positive, negative: query.negative, unit: true };
      return (await this.advanced.recommend(scope, collection, request, signal)).results;
    }
    const to = query.kind === 'nearest' ? query.to : [];
    const request = { ...common, query: typeof to === 'string' ? { id: to } : { vector: to }, explain: false };
    return (await this.searches.search(scope, collection, { ...request, mode: 'vector' }, { signal })).results;
  }
}
