import type { FilterNode } from '../../../common/filter';
import type { Scope } from '../../../common/scope';
import type { Collection } from '../../collection';
import type { ServingCopy } from '../../../followers/follower-target.port';
import { VectorStore, type Include, type VectorHit, type VectorQuery } from '../../vector-store.port';
import { CopyNames } from './copy-name';
import { qdrantFault } from './errors';
import { compileFilter } from './filter-qdrant';
import { metadataOf, textOf } from './payload';
import type { QdrantClient } from './qdrant-client';
import { quantizedSearch } from './quantization';
import { searchBody, type SearchTerms } from './search-body';
import { readPoints, type ScoredPoint } from './scored-points';
import { scoreRule, type ScoreRule } from './score-rule';

export interface NearestHit {
  readonly id: string;
  readonly version: number;
  /** The metric's own number. */
  readonly score: number;
}

/** Which build of the collection's copy serves, and by which codes it is searched; `undefined` while there is none. */
export type CopyFor = (collection: Collection) => ServingCopy | undefined;

/** A search without an own signal ends after this long. */
const DEFAULT_TIMEOUT_MS = 5_000;
/** Ties at the end of an exact list are followed this far. */
const MAX_CANDIDATES = 16_384;
/** And one step at the end of an approximate one, which may miss some of them anyway. */
const STEP = 4;

const IDENTITY = ['id', 'version', 'project'];

/** Vector search in Qdrant, on the copy that the follower keeps. */
export class QdrantVectorStore extends VectorStore {
  readonly name = 'qdrant';
  private readonly names: CopyNames;

  constructor(
    private readonly client: QdrantClient,
    private readonly copyFor: CopyFor,
    prefix: string,
  ) {
    super();
    this.names = new CopyNames(prefix);
  }

  /** Whether Qdrant can say this filter; what it cannot say is for another engine. */
  supports(filter: FilterNode | undefined): boolean {
    return filter === undefined || compileFilter(filter) !== undefined;
  }

  /** With what the copy holds of each record; as fresh as the copy. */
  async search(scope: Scope, collection: Collection, query: VectorQuery, signal?: AbortSignal): Promise<VectorHit[]> {
    const fields = [
      ...IDENTITY,
      ...(query.include.metadata ? ['metadata'] : []),
      ...(query.include.text ? ['text'] : []),
    ];
    const points = await this.find({ collection, query, fields, projectId: scope.projectId }, signal);
    return points.map((point) => hitOf(point, query.include));
  }

  /** Ids and versions only, for a caller that reads the records elsewhere. `include` is ignored. */
  async nearest(collection: Collection, query: VectorQuery, signal?: AbortSignal): Promise<NearestHit[]> {
    const lean = { ...query, include: { metadata: false, text: false, vector: false } };
    const { projectId } = collection;
    const points = await this.find({ collection, query: lean, fields: IDENTITY, projectId }, signal);
    return points.map(({ id, version, score }) => ({ id, version, score }));
  }

  private async find(search: Search, signal = AbortSignal.timeout(DEFAULT_TIMEOUT_MS)): Promise<ScoredPoint[]> {
    const { collection, query, projectId } = search;
    const copy = this.copyFor(collection);
    if (copy === undefined) {
      throw qdrantFault('not_admitted', `Qdrant has no copy of the collection ${collection.id} that can serve.`);
    }
    const path = `/collections/${this.names.of({ collectionId: collection.id, epoch: copy.epoch })}/points/query`;
    const rule = scoreRule(collection.metric);
    const quantization = quantizedSearch(copy.compression, collection.settings);
    const terms: SearchTerms = { query, projectId, fields: search.fields, rule, quantization };
    const most = query.exact ? MAX_CANDIDATES : STEP * (query.limit + 1);
    // One more than asked for tells whether the list ends inside of a tie.
    for (let limit = query.limit + 1; ; limit = Math.min(limit * STEP, most)) {
      const body = searchBody(terms, limit);
      const { hits, count } = readPoints(await this.client.call({ method: 'POST', path, body, signal }), rule);
      hits.sort(rule.inOrder);
      if (count < limit || limit >= most || isDecided(hits, query.limit)) return best(hits, query, rule);
    }
  }
}

interface Search {
  readonly collection: Collection;
  readonly query: VectorQuery;
  readonly fields: readonly string[];
  readonly projectId: number;
}

/** Whether the first `limit` hits are final: no hit outside of the page can score as high as the last of them. */
const isDecided = (hits: readonly ScoredPoint[], limit: number): boolean =>
  hits.length > limit && hits[limit - 1]?.score !== hits.at(-1)?.score;

function best(hits: readonly ScoredPoint[], query: VectorQuery, rule: ScoreRule): ScoredPoint[] {
  const { scoreThreshold: bound, limit } = query;
  const good = bound === undefined ? hits : hits.filter(({ score }) => rule.reaches(score, bound));
  return good.slice(0, limit);
}

function hitOf(point: ScoredPoint, include: Include): VectorHit {
  const text = include.text ? textOf(point.payload) : null;
  return {
    id: point.id,
    score: point.score,
    version: point.version,
    ...(include.metadata ? { metadata: metadataOf(point.payload) } : {}),
    ...(text === null ? {} : { text }),
    ...(include.vector && Array.isArray(point.vector) ? { vector: point.vector as number[] } : {}),
  };
}
