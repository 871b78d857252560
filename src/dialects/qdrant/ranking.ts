import { Injectable } from '@nestjs/common';
import { AdvancedService } from '../../collections/advanced/advanced.service';
import type { Collection } from '../../collections/collection';
import { isPointId } from '../../collections/points/point-id';
import { PointsService } from '../../collections/points/points.service';
import type { OrderedRow } from '../../collections/points/points.repository';
import { presentParts, type RecordRow } from '../../collections/records/record-rows';
import { RecordsService } from '../../collections/records/records.service';
import { SearchService } from '../../collections/search/search.service';
import type { Include, VectorHit } from '../../collections/vector-store.port';
import type { FilterNode } from '../../common/filter';
import { wrongInput } from './errors';
import { fused } from './fusion';
import { MOST_COMPARED, mostPoints, MOST_POINTS } from './limits';
import { diversified, mustBeComparable } from './diversity';
import { PointReader } from './point-reader';
import type { Target } from './point-updates';
import type { Diversity, Example, Query } from './query';
import type { QueryNode } from './query-tree';
import type { RankedHit } from './shown';
import { UNNAMED } from './vectors';

const NOTHING: Include = { metadata: false, text: false, vector: false };
const WITH_MMR = 'points with "mmr"';

/** Ranks points as a query says: by ZeroDB's own search, and by what was found before. */
@Injectable()
export class Ranking {
  constructor(
    private readonly searches: SearchService,
    private readonly advanced: AdvancedService,
    private readonly records: RecordsService,
    private readonly points: PointsService,
    private readonly reader: PointReader,
  ) {}

  /** The first `wanted` points, best first. `most`: how many one answer may hold. What `include` names may be left out. */
  async rank(run: Run, node: QueryNode, wanted: number, include = NOTHING): Promise<RankedHit[]> {
    if (node.prefetch.length === 0) return await this.leaf(run, node, wanted, include);
    const rankings: RankedHit[][] = [];
    for (const each of node.prefetch) {
      rankings.push(await this.rank(run, each, await this.bounded(run, each.filter, each.limit, MOST_POINTS)));
    }
    if (node.query.kind === 'fusion') {
      const hits = fused(node.query.fusion, rankings.map(unlike));
      return hits.filter(({ score }) => score >= (node.threshold ?? -Infinity)).slice(0, wanted);
    }
    const ids = [...new Set(rankings.flat().map(({ id }) => id))];
    if (ids.length === 0) return [];
    const among: FilterNode = { kind: 'in', path: { field: '@id' }, values: ids };
    const filter: FilterNode = node.filter ? { kind: 'and', nodes: [node.filter, among] } : among;
    return await this.leaf(run, { ...node, filter, exact: true }, Math.min(wanted, ids.length), include);
  }

  /** More than fits into an answer is refused, unless there are no more points than fit. */
  async bounded(
    { target }: Run,
    filter: FilterNode | undefined,
    wanted: number,
    most: number,
    what = 'points',
  ): Promise<number> {
    if (wanted <= most) return wanted;
    const count = await this.records.count(target.scope, target.collection, { filter, pointIds: true });
    if (count <= most) return Math.max(1, count);
    throw wrongInput(`ZeroDB ranks at most ${most} ${what}: the request asks for ${wanted}`);
  }

  private async leaf(run: Run, node: QueryNode, wanted: number, include: Include): Promise<RankedHit[]> {
    const { target } = run;
    const { query, filter } = node;
    const request = { filter, limit: wanted, include };
    switch (query.kind) {
      case 'scroll':
        return (await this.points.scroll(target.scope, target.collection, request)).map(unranked);
      case 'sample':
        return (await this.points.sample(target.scope, target.collection, request)).map(unranked);
      case 'order': {
        const rows = await this.points.ordered(target.scope, target.collection, { ...request, order: query.order });
        return rows.map(ordered);
      }
      case 'nearest':
        if (query.mmr) return await this.diverse(run, node, query.mmr, wanted);
        return await this.nearest(run, node, query, wanted, include);
      case 'recommend':
        return await this.nearest(run, node, query, wanted, include);
      case 'fusion':
        return [];
    }
  }

  private async diverse(run: Run, node: QueryNode, mmr: Diversity, wanted: number): Promise<RankedHit[]> {
    const { collection, target } = run;
    const space = mustBeComparable(collection, node.using);
    const candidates = await this.bounded(run, node.filter, mmr.candidates ?? wanted, MOST_COMPARED, WITH_MMR);
    if (candidates === 0) return [];
    const hits = await this.nearest(run, node, node.query, candidates, NOTHING);
    const include = { ...NOTHING, vector: node.using === UNNAMED, vectors: node.using !== UNNAMED };
    const ids = hits.map(({ id }) => id);
    const { rows, read } = await this.reader.read(target.scope, collection, ids, include);
    if (read < ids.length) throw wrongInput(`ZeroDB compares at most ${read} of these points with each other`);
    const withVectors = hits.flatMap((hit) => {
      const row = rows.get(hit.id);
      const parts = row && presentParts(row);
      const vector = node.using === UNNAMED ? parts?.vector : parts?.vectors?.[node.using];
      return vector ? [{ hit, vector: vector as readonly number[] }] : [];
    });
    return await diversified(space.metric, withVectors, wanted, mmr.lambda);
  }

  /**
   * `wanted` points. Other records of the collection rank among them, and are left out: then more are requested. Throws
   * where so many are other records that points may be missing.
   */
  private async nearest(
    run: Run,
    node: QueryNode,
    query: Query,
    wanted: number,
    include: Include,
  ): Promise<RankedHit[]> {
    const most = 2 * mostPoints(run.collection, { include });
    for (let limit = wanted; ; limit = Math.min(most, limit * 4)) {
      const hits = await this.hits(run, node, query, limit, include);
      const points = hits.filter(({ id }) => isPointId(id));
      if (points.length >= wanted || hits.length < limit) return points.slice(0, wanted);
      if (limit >= most) {
        throw wrongInput(`fewer than ${wanted} of the ${most} nearest records are points: ZeroDB looks at no more`);
      }
    }
  }

  private async hits(
    { target }: Run,
    node: QueryNode,
    query: Query,
    limit: number,
    include: Include,
  ): Promise<VectorHit[]> {
    const { scope, collection, signal } = target;
    const { filter, exact, threshold } = node;
    const using = node.using === UNNAMED ? undefined : node.using;
    const common = { filter, limit, include, score_threshold: threshold, exact, using };
    if (query.kind === 'recommend') {
      const [positive, negative] = [query.positive.map(asExample), query.negative.map(asExample)];
      return (await this.advanced.recommend(scope, collection, { ...common, positive, negative, unit: true }, signal))
        .results;
    }
    const to = query.kind === 'nearest' ? query.to : { id: '' };
    const request = { ...common, query: to, explain: false, mode: 'vector' as const };
    return (await this.searches.search(scope, collection, request, { signal })).results;
  }
}

export interface Run {
  readonly target: Target;
  readonly collection: Collection;
}

/** A recommendation by a mean has one vector for each example. */
const asExample = (example: Example): string | readonly number[] => {
  if ('id' in example) return example.id;
  if ('vector' in example && typeof example.vector[0] !== 'object') return example.vector as readonly number[];
  throw wrongInput('Recommendations by sparse vectors and multivectors are not supported by ZeroDB yet');
};

/** A point that stands twice in a ranking counts where it stands first. */
const unlike = (ranking: readonly RankedHit[]): RankedHit[] => {
  const seen = new Set<string>();
  return ranking.filter(({ id }) => !seen.has(id) && seen.add(id));
};

/** Points that are not ranked have the score 1. */
const unranked = (row: RecordRow): RankedHit => ({ id: row.id, score: 1, version: row.version, ...presentParts(row) });

const ordered = (row: OrderedRow): RankedHit => ({ ...unranked(row), orderValue: row.order_value });
