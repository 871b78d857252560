import { Injectable } from '@nestjs/common';
import { RecordsService } from '../../collections/records/records.service';
import { decodeVector } from '../../collections/records/vector-input';
import { SearchService } from '../../collections/search/search.service';
import type { FilterNode } from '../../common/filter';
import { ChromaCatalogue } from './catalogue';
import type { ChromaCollection } from './chroma.repository';
import { DISTANCE_OF } from './configuration';
import { badArgument, wrongDimension } from './errors';
import { fitting } from './limits';
import { selectionOf, type Target } from './records';
import type { QueryBody } from './schemas';
import { columnsOf, includeOf, type Part, type ShownRecord } from './shown';

const DEFAULT_RESULTS = 10;

type Hit = ShownRecord & { readonly score: number };

/** The nearest records, by ZeroDB's own search: with its engines, its fallback and its checks. */
@Injectable()
export class ChromaQueries {
  constructor(
    private readonly catalogue: ChromaCatalogue,
    private readonly searches: SearchService,
    private readonly records: RecordsService,
  ) {}

  async query(target: Target, body: QueryBody, wanted: ReadonlySet<Part>): Promise<object> {
    const known = await this.catalogue.byId(target.scope, target.place, target.id);
    const { ids, filter } = selectionOf(body);
    const vectors = body.query_embeddings.map((vector) => vectorOf(known, vector));
    const count = async (): Promise<number> =>
      await this.records.count(target.scope, known.collection, { ids, filter });
    const room = { lists: vectors.length, dimension: known.dimension ?? 0, wanted };
    const limit = await fitting(body.n_results ?? DEFAULT_RESULTS, room, count);
    if (limit === 0)
      return answerOf(
        known,
        vectors.map(() => []),
        wanted,
      );
    const selected = { limit, filter: narrowed(ids, filter), wanted };
    const found = await Promise.all(vectors.map((vector) => this.nearest(target, known, vector, selected)));
    return answerOf(known, found, wanted);
  }

  private async nearest(
    { scope, signal }: Target,
    known: ChromaCollection,
    vector: readonly number[],
    { limit, filter, wanted }: { limit: number; filter: FilterNode | undefined; wanted: ReadonlySet<Part> },
  ): Promise<readonly Hit[]> {
    const include = includeOf(wanted);
    const request = {
      query: { vector },
      mode: 'vector' as const,
      filter,
      limit,
      include,
      exact: false,
      explain: false,
    };
    return (await this.searches.search(scope, known.collection, request, { signal })).results;
  }
}

const vectorOf = ({ dimension }: ChromaCollection, sent: string | readonly number[]): readonly number[] => {
  const vector = decodeVector(sent);
  if (!vector || vector.length === 0) throw badArgument('Expected each query embedding to be a list of numbers');
  if (dimension !== null && vector.length !== dimension) throw wrongDimension(dimension, vector.length);
  return Array.from(vector);
};

const narrowed = (ids: readonly string[] | undefined, filter: FilterNode | undefined): FilterNode | undefined => {
  if (ids === undefined) return filter;
  const named: FilterNode = { kind: 'in', path: { field: '@id' }, values: [...new Set(ids)] };
  return filter === undefined ? named : { kind: 'and', nodes: [named, filter] };
};

/** A list for each query in each column. */
const answerOf = (
  { space }: ChromaCollection,
  found: readonly (readonly Hit[])[],
  wanted: ReadonlySet<Part>,
): object => {
  const columns = found.map((hits) => columnsOf(hits, wanted));
  const of = (part: 'embeddings' | 'documents' | 'metadatas' | 'uris'): unknown =>
    wanted.has(part) ? columns.map((each) => each[part]) : null;
  const distances = found.map((hits) => hits.map(({ score }) => DISTANCE_OF[space](score)));
  return {
    ids: columns.map(({ ids }) => ids),
    embeddings: of('embeddings'),
    documents: of('documents'),
    uris: of('uris'),
    metadatas: of('metadatas'),
    distances: wanted.has('distances') ? distances : null,
    include: [...wanted],
  };
};
