import { Injectable } from '@nestjs/common';
import type { Collection } from '../../collections/collection';
import { CollectionsService } from '../../collections/collections.service';
import { PointsService } from '../../collections/points/points.service';
import { presentParts } from '../../collections/records/record-rows';
import type { FilterNode } from '../../common/filter';
import { unsupported, wrongInput } from './errors';
import { MOST_COMPARED, mostPoints, MOST_NUMBERS, MOST_POINTS, positiveOf } from './limits';
import { keysOf, payloadPath } from './payload-path';
import { groupsOf, type Group } from './point-groups';
import { PointReader, vectorBudget, type VectorBudget } from './point-reader';
import type { Target } from './point-updates';
import type { Diversity, Query } from './query';
import { treeOf, type Narrowing, type QueryNode } from './query-tree';
import { Ranking, type Run } from './ranking';
import type { QueryBody } from './schemas';
import { isReadApart, scoredOf, shownOf, type RankedHit, type Shown } from './shown';

/** A ranking as it was sent. */
export interface Asked {
  readonly body: Narrowing &
    Pick<QueryBody, 'with_payload' | 'with_vector'> & { readonly offset?: number | null | undefined };
  readonly read: (collection: Collection, using: string) => Query;
  /** Of the request, in Qdrant's errors. */
  readonly name: 'internal' | 'search_request' | 'recommend_request';
}

export interface AskedGroups extends Asked {
  readonly group: {
    readonly group_by: string;
    readonly group_size?: number | null | undefined;
    readonly with_lookup?: unknown;
  };
}

interface Search extends Run {
  readonly node: QueryNode;
  readonly shown: Shown;
}

/** A ranking that is read, and what its answer may hold. */
interface Prepared {
  readonly points: number;
  readonly numbers: number;
  /** Whether its vectors are read: to be shown, or to be compared with each other. */
  readonly hasVectors: boolean;
  readonly run: (budget: VectorBudget) => Promise<object[]>;
}

/** Ranked points as clients see them. */
@Injectable()
export class PointSearch {
  constructor(
    private readonly collections: CollectionsService,
    private readonly points: PointsService,
    private readonly ranking: Ranking,
    private readonly reader: PointReader,
  ) {}

  /** Reads all of them before any runs: a batch is refused as a whole. */
  async all(target: Target, asked: readonly Asked[]): Promise<object[][]> {
    const prepared: Prepared[] = [];
    for (const each of asked) prepared.push(await this.prepare(target, each));
    mustFit(prepared);
    const budget = vectorBudget();
    if (!prepared.some(({ hasVectors }) => hasVectors)) {
      return await Promise.all(prepared.map(({ run }) => run(budget)));
    }
    // What is read of one is counted before the next is read.
    const answers: object[][] = [];
    for (const { run } of prepared) answers.push(await run(budget));
    return answers;
  }

  /** The best points for each value of a key. */
  async groups(target: Target, asked: AskedGroups): Promise<{ groups: readonly object[] }> {
    positiveOf('limit', asked.body.limit, 1);
    const search = await this.read(target, asked);
    const { group_by: key, group_size: size, with_lookup: lookup } = asked.group;
    if (lookup !== undefined && lookup !== null) throw unsupported('"with_lookup" is');
    const wanted = { groups: search.node.limit, size: positiveOf('group_size', size, DEFAULT_GROUP_SIZE) };
    const keys = keysOf(payloadPath(key));
    const groups = await this.grouped(search, keys, wanted);
    const hits = [...new Map(groups.flatMap(({ hits }) => hits).map((hit) => [hit.id, hit])).values()];
    const shown = new Map((await this.filled(search, hits, vectorBudget())).map((hit) => [hit.id, hit]));
    return {
      groups: groups.map(({ value, hits }) => ({
        id: value,
        hits: hits.flatMap(({ id }) => {
          const hit = shown.get(id);
          return hit ? scoredOf(search.collection, hit, search.shown) : [];
        }),
      })),
    };
  }

  /** Ever more points until there are enough groups, all full, or no more points. */
  private async grouped(
    search: Search,
    keys: readonly string[],
    wanted: { readonly groups: number; readonly size: number },
  ): Promise<Group[]> {
    const { scope, collection } = search.target;
    const node: QueryNode = { ...search.node, filter: withKey(search.node.filter, keys) };
    const most = diversityOf(node) ? MOST_COMPARED : MOST_POINTS;
    for (let limit = Math.min(most, wanted.groups * wanted.size * 2); ; limit = Math.min(most, limit * 4)) {
      const hits = await this.ranking.rank(search, node, limit);
      const ids = hits.map(({ id }) => id);
      const values = await this.points.groupValues(scope, collection, ids, keys);
      const groups = groupsOf(hits, values, wanted);
      const isFull = groups.length === wanted.groups && groups.every(({ hits: each }) => each.length === wanted.size);
      if (isFull || hits.length < limit || limit === most) return groups;
    }
  }

  private async read(target: Target, { body, read, name }: Asked): Promise<Search> {
    const collection = await this.collections.resolve(target.scope, target.collection);
    const node = treeOf(collection, body, name, (using) => read(collection, using));
    return { target, collection, node, shown: shownOf(collection, body, false) };
  }

  private async prepare(target: Target, asked: Asked): Promise<Prepared> {
    const search = await this.read(target, asked);
    const { node, shown, collection } = search;
    const offset = asked.body.offset ?? 0;
    const numbers = shown.include.vector ? (node.limit + offset) * collection.dimension : 0;
    const hasVectors = shown.vectors !== undefined || comparesAny(node);
    const run = async (budget: VectorBudget) => await this.run(search, offset, budget);
    return { points: pointsOf(node) + offset, numbers, hasVectors, run };
  }

  private async run(search: Search, offset: number, budget: VectorBudget): Promise<object[]> {
    const { collection, node, shown } = search;
    const what = shown.include.vector ? 'points with their vectors' : 'points';
    const most = mostPoints(collection, shown);
    const wanted = await this.ranking.bounded(search, node.filter, node.limit + offset, most, what);
    const isDirect = isWhole(search, wanted);
    const hits = await this.ranking.rank(search, node, wanted, isDirect ? shown.include : undefined);
    const page = hits.slice(offset, wanted);
    const filled = isDirect ? page : await this.filled(search, page, budget);
    if (isDirect) budget.left -= page.reduce((sum, { vector }) => sum + (vector?.length ?? 0), 0);
    return filled.flatMap((hit) => scoredOf(collection, hit, shown));
  }

  /** Hits with what is shown of them. One whose point was deleted meanwhile is left out. */
  private async filled(
    { target, collection, shown }: Search,
    hits: readonly RankedHit[],
    budget: VectorBudget,
  ): Promise<RankedHit[]> {
    if (!Object.values(shown.include).includes(true)) return [...hits];
    const ids = [...new Set(hits.map(({ id }) => id))];
    const { rows, read } = await this.reader.read(target.scope, collection, ids, shown.include, budget);
    if (read < ids.length) throw tooManyVectors(read);
    return hits.flatMap((hit) => {
      const row = rows.get(hit.id);
      return row ? [{ ...hit, ...presentParts(row), version: row.version }] : [];
    });
  }
}

const DEFAULT_GROUP_SIZE = 3;

/** Whether the ranking itself reads what is shown. */
const isWhole = ({ collection, node, shown }: Search, wanted: number): boolean =>
  node.query.kind !== 'fusion' && !diversityOf(node) && !isReadApart(collection, shown, wanted);

const diversityOf = ({ query }: QueryNode): Diversity | undefined => (query.kind === 'nearest' ? query.mmr : undefined);

const comparesAny = (node: QueryNode): boolean => diversityOf(node) !== undefined || node.prefetch.some(comparesAny);

const tooManyVectors = (read: number) =>
  wrongInput(
    read === 0
      ? `These points are more than fit into one answer (${MOST_NUMBERS} numbers of vectors, with those of the queries before)`
      : `ZeroDB returns at most ${read} of these points with their vectors and payloads at once`,
  );

const withKey = (filter: FilterNode | undefined, keys: readonly string[]): FilterNode => {
  const exists: FilterNode = { kind: 'exists', path: { keys } };
  return filter ? { kind: 'and', nodes: [filter, exists] } : exists;
};

/** Candidates that are compared with each other are ranked, too. */
const pointsOf = (node: QueryNode): number =>
  node.prefetch.reduce((sum, each) => sum + pointsOf(each), Math.max(node.limit, diversityOf(node)?.candidates ?? 0));

/** One ranking is cut to the points that there are; the sum of several is what they ask for. */
const mustFit = (prepared: readonly Prepared[]): void => {
  const sumOf = (what: 'points' | 'numbers'): number => prepared.reduce((sum, each) => sum + each[what], 0);
  if (prepared.length < 2 || (sumOf('points') <= MOST_POINTS && sumOf('numbers') <= MOST_NUMBERS)) return;
  throw wrongInput(
    `ZeroDB ranks at most ${MOST_POINTS} points and ${MOST_NUMBERS} numbers of vectors in one batch: limits and ` +
      `offsets ask for ${sumOf('points')} points and ${sumOf('numbers')} numbers`,
  );
};
