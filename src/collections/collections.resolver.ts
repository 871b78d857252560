import { Injectable } from '@nestjs/common';
import { notFound } from '../common/errors';
import { GraphqlField, mutation, GraphqlOperations, query, type FieldInput, type GraphqlContext } from '../api/field';

interface RecordArgs {
  readonly collection: string;
  readonly id: string;
  readonly include?: readonly string[] | null;
}

type RecordRow = Readonly<Record<string, unknown>>;

/** Collections, their records, search, and how equal the copies are. */
@Injectable()
@GraphqlOperations(
  query('collections', 'listCollections', { type: 'Collection' }),
  query('collection', 'getCollection', { type: 'Collection' }),
  query('records', 'queryRecords', { type: 'Record' }),
  query('recordCount', 'countRecords', { pick: 'count' }),
  query('search', 'search', { type: 'SearchAnswer' }),
  query('searchBatch', 'searchBatch', { pick: 'results', type: 'SearchAnswer' }),
  query('searchGroups', 'searchGroups', { type: 'GroupedAnswer' }),
  query('recommend', 'recommend', { type: 'SearchAnswer' }),
  query('diversify', 'diversify', { type: 'SearchAnswer' }),
  query('duplicates', 'findDuplicates', { pick: 'clusters', type: 'DuplicateClusters' }),
  query('facets', 'facets', { pick: 'facets' }),
  query('consistency', 'getConsistency', { type: 'CollectionConsistency' }),
  // A query changes nothing: `applyIndexAdvice` does.
  query('indexAdvice', 'getIndexAdvice', { type: 'IndexAdvice', without: ['apply'] }),
  mutation('putCollection', { type: 'Collection', conditions: true }),
  mutation('patchCollection', { type: 'Collection', conditions: true }),
  mutation('deleteCollection', { conditions: true }),
  mutation('upsertRecords', { type: 'UpsertAnswer', conditions: true }),
  mutation('patchRecord', { type: 'Record', conditions: true }),
  mutation('deleteRecord', { conditions: true }),
  mutation('deleteRecords', { pick: 'deleted' }),
  mutation('verifyConsistency', { type: 'Operation' }),
  mutation('applyIndexAdvice', { type: 'IndexAdvice' }),
)
export class CollectionsResolver {
  @GraphqlField({
    on: 'Query',
    name: 'record',
    type: 'Record',
    description: 'A record; many of them, by aliases, are read at once.',
    args: { collection: 'String!', id: 'String!', include: '[String!]' },
    access: 'read',
  })
  async record({ args, context }: FieldInput<RecordArgs>): Promise<RecordRow> {
    const { collection, id, include } = args;
    const name = `record ${collection} ${JSON.stringify(include ?? null)}`;
    return await context.load(name, id, (ids) => readMany(context, collection, ids, include ?? undefined));
  }
}

/** In the order of the ids; an error for each missing one. */
async function readMany(
  context: GraphqlContext,
  collection: string,
  ids: readonly string[],
  include: readonly string[] | undefined,
): Promise<(RecordRow | Error)[]> {
  const body = { ids, limit: ids.length, ...(include ? { include } : {}) };
  const { data } = (await context.call('queryRecords', { params: { collection }, body })) as { data: RecordRow[] };
  const found = new Map(data.map((record) => [record.id, record]));
  return ids.map((id) => found.get(id) ?? notFound('record', id));
}
