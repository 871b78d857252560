import { Injectable } from '@nestjs/common';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../../api/endpoint';
import { Endpoint } from '../../../api/endpoint.decorator';
import { EndpointRunner } from '../../../transports/rest/endpoint-runner';
import { checked } from '../checked';
import { anyQuery, presentList } from '../paging';
import { anyBody, reading, searching, writing } from '../route';
import { filterNodeOf } from './attributes';
import { chunkingOf, createStoreBody, ofStore, searchBody, storesQuery, updateStoreBody } from './schemas';
import { StoreSearch, type FoundChunk } from './store-search';
import { StoresRepository } from './stores.repository';
import { StoresService } from './stores.service';
import { presentStore } from './vector-store';

const path = '/vector_stores';
const one = `${path}/{store}`;

const create = defineEndpoint({
  ...writing,
  ...anyBody,
  method: 'POST',
  path,
  operationId: 'openaiCreateVectorStore',
  audit: 'admin',
});
const list = defineEndpoint({
  ...reading,
  method: 'GET',
  path,
  operationId: 'openaiListVectorStores',
  query: anyQuery('limit', 'order', 'after', 'before'),
});
const get = defineEndpoint({
  ...reading,
  method: 'GET',
  path: one,
  operationId: 'openaiGetVectorStore',
  params: ofStore,
});
const update = defineEndpoint({
  ...writing,
  ...anyBody,
  method: 'POST',
  path: one,
  operationId: 'openaiUpdateVectorStore',
  audit: 'admin',
  params: ofStore,
});
const remove = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: one,
  operationId: 'openaiDeleteVectorStore',
  audit: 'admin',
  params: ofStore,
});
const search = defineEndpoint({
  ...searching,
  body: anyBody.body,
  maxBodyBytes: BODY_BYTES.some,
  method: 'POST',
  path: `${one}/search`,
  operationId: 'openaiSearchVectorStore',
  params: ofStore,
});

@Injectable()
export class StoreRoutes {
  constructor(
    private readonly stores: StoresService,
    private readonly repository: StoresRepository,
    private readonly searches: StoreSearch,
    private readonly runner: EndpointRunner,
  ) {}

  @Endpoint(create)
  async create({ caller, body }: EndpointInput<typeof create>): Promise<unknown> {
    const sent = checked(createStoreBody, body);
    const about = {
      name: sent.name ?? null,
      description: sent.description ?? null,
      metadata: sent.metadata ?? {},
      expiresAfterDays: sent.expires_after?.days ?? null,
    };
    const chunking = chunkingOf(sent.chunking_strategy);
    const files = (sent.file_ids ?? []).map((file_id) => ({ file_id, attributes: {}, ...chunking }));
    const { store, usage } = await this.stores.create(caller.scope, about, files);
    return presentStore(store, usage);
  }

  @Endpoint(list)
  async list({ caller, query }: EndpointInput<typeof list>): Promise<unknown> {
    const { data, hasMore } = await this.repository.list(caller.scope, checked(storesQuery, query));
    const usageOf = await this.repository.usages(
      caller.scope,
      data.map(({ id }) => id),
    );
    return presentList(
      data.map((store) => presentStore(store, usageOf(store.id))),
      hasMore,
    );
  }

  @Endpoint(get)
  async get({ caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    const { store, usage } = await this.stores.shown(caller.scope, params.store);
    return presentStore(store, usage);
  }

  @Endpoint(update)
  async update({ caller, params, body }: EndpointInput<typeof update>): Promise<unknown> {
    const change = checked(updateStoreBody, body);
    const { store, usage } = await this.stores.update(caller.scope, params.store, change);
    return presentStore(store, usage);
  }

  @Endpoint(remove)
  async remove({ caller, params }: EndpointInput<typeof remove>): Promise<unknown> {
    await this.stores.delete(caller.scope, params.store);
    return { id: params.store, object: 'vector_store.deleted', deleted: true };
  }

  @Endpoint(search)
  async search({ caller, params, body, signal }: EndpointInput<typeof search>): Promise<unknown> {
    const { query, filters, max_num_results: limit, ranking_options: ranking } = checked(searchBody, body);
    const filter = filters ? filterNodeOf(filters) : undefined;
    const queries = typeof query === 'string' ? [query] : query;
    const leftOut = await this.stores.use(caller.scope, params.store);
    // The request itself is counted already.
    this.runner.charge(caller, queries.length - 1);
    const question = { queries, filter, leftOut, limit, threshold: ranking?.score_threshold ?? undefined };
    const found = await this.searches.run(caller.scope, params.store, question, signal);
    return {
      object: 'vector_store.search_results.page',
      search_query: queries,
      data: found.map(presentFound),
      has_more: false,
      next_page: null,
    };
  }
}

const presentFound = ({ text, ...chunk }: FoundChunk): Record<string, unknown> => ({
  ...chunk,
  content: [{ type: 'text', text }],
});
