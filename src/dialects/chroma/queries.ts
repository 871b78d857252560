import { Injectable } from '@nestjs/common';
import { presentParts } from '../../collections/records/record-rows';
import { RecordsService } from '../../collections/records/records.service';
import { decodeVector } from '../../collections/records/vector-input';
import { SearchService } from '../../collections/search/search.service';
import type { Include } from '../../collections/vector-store.port';
import type { FilterNode } from '../../common/filter';
import { ChromaCatalogue } from './catalogue';
import type { ChromaCollection } from './chroma.repository';
import { DISTANCE_OF } from './configuration';
import { badArgument, wrongDimension } from './errors';
import { fitting, mayBeHeavy, mustBeLight } from './limits';
import { selectionOf, type Target } from './records';
import type { QueryBody } from './schemas';
import { columnsOf, includeOf, type Part, type ShownRecord } from './shown';

const DEFAULT_RESULTS = 10;
/** Results that are read with their documents at once; of more, the ids come first. Without Postgres there are no more. */
const READ_AT_ONCE = 1_000;

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
    const known = await this.catalogue.lookUp(target.scope, target.place, target.id);
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
    const include = includeOf(wanted);
    const isApart = limit * vectors.length > READ_AT_ONCE && mayBeHeavy(limit * vectors.length, include);
    const read = isApart ? { ...include, text: false, metadata: false } : include;
    const selected = { limit, filter: narrowed(ids, filter), include: read };
    const found = await Promise.all(vectors.map((vector) => this.nearest(target, known, vector, selected)));
    return answerOf(known, isApart ? await this.filled(target, known, found, include) : found, wanted);
  }

  /** The hits with their documents and metadata. One that was deleted meanwhile is left out. */
  private async filled(
    { scope }: Target,
    { collection }: ChromaCollection,
    found: readonly (readonly Hit[])[],
    { text, metadata }: Include,
  ): Promise<Hit[][]> {
    const ids = [...new Set(found.flat().map(({ id }) => id))];
    const request = { ids, limit: ids.length, offset: 0, include: { text, metadata, vector: false } };
    const sizes = new Map((await this.records.sizes(scope, collection, request)).map(({ id, bytes }) => [id, bytes]));
    mustBeLight(found.flat().map(({ id }) => sizes.get(id) ?? 0));
    const rows = new Map((await this.records.slice(scope, collection, request)).map((row) => [row.id, row]));
    return found.map((hits) =>
      hits.flatMap((hit) => {
        const row = rows.get(hit.id);
        return row ? [{ ...hit, ...presentParts(row) }] : [];
      }),
    );
  }

  private async nearest(
    { scope, signal }: Target,
    known: ChromaCollection,
    vector: readonly number[],
    { limit, filter, include }: { limit: number; filter: FilterNode | undefined; include: Include },
  ): Promise<readonly Hit[]> {
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
