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
import { limitOf, mostPoints, MOST_NUMBERS, MOST_POINTS } from './limits';
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

/** A ranking that is read, and what its answer may hold. */
interface Prepared {
  readonly points: number;
  readonly numbers: number;
  readonly run: () => Promise<object[]>;
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

  /** Reads all of them before any runs: a batch is refused as a whole. */
  async all(target: Target, asked: readonly Asked[]): Promise<object[][]> {
    const prepared: Prepared[] = [];
    for (const each of asked) prepared.push(await this.prepare(target, each));
    mustFit(prepared);
    return await Promise.all(prepared.map(({ run }) => run()));
  }

  private async prepare(target: Target, { body, read, name }: Asked): Promise<Prepared> {
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
    const points = limit + offset;
    const numbers = search.shown.vector ? points * collection.dimension : 0;
    return { points, numbers, run: async () => await this.run(search, query, limit, offset) };
  }

  private async run(search: Search, query: Query, limit: number, offset: number): Promise<object[]> {
    const wanted = await this.bounded(search, limit + offset);
    if (query.kind === 'scroll') return await this.scrolled(search, offset, wanted);
    const hits = await this.ranked(search, query, wanted);
    return hits.slice(offset, wanted).flatMap((hit) => scoredOf(search.collection, hit, search.shown));
  }

  /** More than fits into an answer is refused, unless there are no more points than fit. */
  private async bounded({ target, collection, filter, shown }: Search, wanted: number): Promise<number> {
    const most = mostPoints(collection, shown);
    if (wanted <= most) return wanted;
    const count = await this.records.count(target.scope, target.collection, { filter, pointIds: true });
    if (count <= most) return Math.max(1, count);
    const what = shown.vector ? 'points with their vectors' : 'points';
    throw wrongInput(`ZeroDB ranks at most ${most} ${what}: limit and offset ask for ${wanted}`);
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

  /**
   * `wanted` points. Other records of the collection rank among them, and are left out: then more are requested. Throws
   * where so many are other records that points may be missing.
   */
  private async ranked(search: Search, query: Query, wanted: number): Promise<VectorHit[]> {
    const most = mostPoints(search.collection, search.shown) * 2;
    for (let limit = wanted; ; limit = Math.min(most, limit * 4)) {
      const hits = await this.hits(search, query, limit);
      const points = hits.filter(({ id }) => isPointId(id));
      if (points.length >= wanted || hits.length < limit) return points.slice(0, wanted);
      if (limit >= most) {
        throw wrongInput(`fewer than ${wanted} of the ${most} nearest records are points: ZeroDB looks at no more`);
      }
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

/** One ranking is cut to the points that there are; the sum of several is what they ask for. */
const mustFit = (prepared: readonly Prepared[]): void => {
  const sumOf = (what: 'points' | 'numbers'): number => prepared.reduce((sum, each) => sum + each[what], 0);
  if (prepared.length < 2 || (sumOf('points') <= MOST_POINTS && sumOf('numbers') <= MOST_NUMBERS)) return;
  throw wrongInput(
    `ZeroDB ranks at most ${MOST_POINTS} points and ${MOST_NUMBERS} numbers of vectors in one batch: limits and ` +
      `offsets ask for ${sumOf('points')} points and ${sumOf('numbers')} numbers`,
  );
};
