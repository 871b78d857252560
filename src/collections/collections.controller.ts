import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../api/endpoint';
import { etagOf, ifMatch, ifNoneMatchAny } from '../api/preconditions';
import { listOf, nameSchema, queryLimit } from '../api/schemas';
import type { Collection } from './collection';
import type { NamedSettings } from './named-vectors';
import type { CollectionCounts } from './collections.repository';
import { CollectionsService } from './collections.service';
import { compressionOf } from './compression/compression-state';
import { collectionSchema, patchCollectionBody, putCollectionBody } from './dto/collection.schemas';

const params = z.object({ collection: nameSchema });
const tag = 'Collections';

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/collections',
  operationId: 'listCollections',
  audit: 'read',
  tag,
  summary: 'The collections of the project, by name',
  description:
    'A page of at most `limit` collections, each with its settings, how many records it has, and how many of them the vector index holds; `next_cursor` continues it.',
  access: 'read',
  query: z.strictObject({ limit: queryLimit(20, 1000), after: z.string().max(2000).optional() }),
  responses: { 200: listOf(collectionSchema) },
});

const put = defineEndpoint({
  method: 'PUT',
  path: '/v1/collections/{collection}',
  operationId: 'putCollection',
  audit: 'admin',
  tag,
  summary: 'Create a collection',
  description:
    'Creates the collection, or returns it if it matches. Without dimension and model it gets the default embedding model; ' +
    'with a dimension alone it has none, and vectors come from you. `vectors` and `sparse_vectors` are those that records have ' +
    'under names beside it; with the dimension 0 they have these alone. 409 when it exists with another description.',
  access: 'write',
  params,
  body: putCollectionBody,
  responses: { 200: collectionSchema, 201: collectionSchema },
  deadlineMs: 10_000,
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/collections/{collection}',
  operationId: 'getCollection',
  audit: 'read',
  tag,
  summary: 'A collection and its counts',
  description:
    'Its dimension, metric, model and indexes; how many `records` it has, and how many are `indexed`. The vector index is built in the background: records that it does not hold yet are found by exact scan.',
  access: 'read',
  params,
  responses: { 200: collectionSchema, 304: null },
});

const patch = defineEndpoint({
  method: 'PATCH',
  path: '/v1/collections/{collection}',
  operationId: 'patchCollection',
  audit: 'admin',
  tag,
  summary: 'Change the metadata indexes, the language or the compression of a collection',
  description:
    'Replaces the list `indexes`, or changes the language in `text` or the `compression`; everything else of a collection is fixed. Indexes are built in the background, and filters work without; a changed language reindexes the texts in the background, and keyword search keeps working meanwhile. For another compression a second vector index is built and measured in the background, and the old one serves until then (`GET …/compression` shows how far it is); setting the former compression again ends that. `If-Match` refuses (412) when somebody changed the collection meanwhile.',
  access: 'write',
  params,
  body: patchCollectionBody,
  responses: { 200: collectionSchema },
  deadlineMs: 60_000,
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/collections/{collection}',
  operationId: 'deleteCollection',
  audit: 'admin',
  tag,
  summary: 'Drop a collection and all of its records',
  description:
    'Cannot be undone. Later requests for the name find nothing, also where a copy at Qdrant is removed only later; a new collection of the same name does not see the old records.',
  access: 'write',
  params,
  responses: { 204: null },
  deadlineMs: 60_000,
});

@Controller()
export class CollectionsController {
  constructor(private readonly collections: CollectionsService) {}

  @Endpoint(list)
  async list(@Input() { caller, query }: EndpointInput<typeof list>): Promise<unknown> {
    const page = await this.collections.list(caller.scope, query.limit, query.after);
    return { ...page, data: page.data.map(({ collection, counts }) => present(collection, counts)) };
  }

  @Endpoint(put)
  async put(
    @Input() { caller, params: { collection: name }, body, headers }: EndpointInput<typeof put>,
  ): Promise<Reply> {
    const conditions = { createOnly: ifNoneMatchAny(headers), version: ifMatch(headers) };
    const { created } = await this.collections.put(caller.scope, name, body, conditions);
    const { collection, counts } = await this.collections.get(caller.scope, name);
    return reply(created ? 201 : 200, collection, counts);
  }

  @Endpoint(get)
  async get(@Input() { caller, params: { collection: name } }: EndpointInput<typeof get>): Promise<Reply> {
    const { collection, counts } = await this.collections.get(caller.scope, name);
    return reply(200, collection, counts);
  }

  @Endpoint(patch)
  async patch(
    @Input() { caller, params: { collection: name }, body, headers }: EndpointInput<typeof patch>,
  ): Promise<Reply> {
    await this.collections.patch(caller.scope, name, body, ifMatch(headers));
    const { collection, counts } = await this.collections.get(caller.scope, name);
    return reply(200, collection, counts);
  }

  @Endpoint(remove)
  async remove(
    @Input() { caller, params: { collection: name }, headers }: EndpointInput<typeof remove>,
  ): Promise<void> {
    await this.collections.delete(caller.scope, name, ifMatch(headers));
  }
}

const reply = (status: number, collection: Collection, counts: CollectionCounts): Reply =>
  new Reply(status, present(collection, counts), { etag: etagOf(collection.version) });

const presentNamed = ({ settings: { vectors, sparse_vectors } }: Collection): NamedSettings => ({
  ...(vectors ? { vectors: { ...vectors } } : {}),
  ...(sparse_vectors ? { sparse_vectors: { ...sparse_vectors } } : {}),
});

const present = (collection: Collection, counts: CollectionCounts): z.input<typeof collectionSchema> => ({
  name: collection.name,
  dimension: collection.dimension,
  metric: collection.metric,
  embedding_model: collection.model?.name ?? null,
  embedding_revision: collection.model?.revision ?? null,
  indexes: [...collection.settings.indexes],
  vector_index: collection.settings.vector_index,
  compression: compressionOf(collection.settings),
  text: { language: collection.language },
  ...presentNamed(collection),
  records: counts.records,
  indexed: counts.indexed,
  version: collection.version,
  created_at: collection.createdAt.toISOString(),
  updated_at: collection.updatedAt.toISOString(),
});
