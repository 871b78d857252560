import { Injectable } from '@nestjs/common';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { ChromaCatalogue } from './catalogue';
import { changing, reading } from './route';
import { createBody, modifyBody, ofCollection, ofDatabase, ofRecords, pageOf, pageQuery } from './schemas';
import { shownCollection } from './shown';

const database = '/tenants/{tenant}/databases/{database}';
const all = `${database}/collections`;
const one = `${all}/{collection}`;

const list = defineEndpoint({
  ...reading,
  method: 'GET',
  path: all,
  operationId: 'chromaListCollections',
  params: ofDatabase,
  query: pageQuery,
});
const count = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${database}/collections_count`,
  operationId: 'chromaCountCollections',
  params: ofDatabase,
});
const create = defineEndpoint({
  ...changing,
  method: 'POST',
  path: all,
  operationId: 'chromaCreateCollection',
  params: ofDatabase,
  body: createBody,
});
const get = defineEndpoint({
  ...reading,
  method: 'GET',
  path: one,
  operationId: 'chromaGetCollection',
  params: ofCollection,
});
const getById = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${all}/by-id/{collection}`,
  operationId: 'chromaGetCollectionById',
  params: ofRecords,
});
const modify = defineEndpoint({
  ...changing,
  method: 'PUT',
  path: one,
  operationId: 'chromaModifyCollection',
  params: ofRecords,
  body: modifyBody,
});
const remove = defineEndpoint({
  ...changing,
  method: 'DELETE',
  path: one,
  operationId: 'chromaDeleteCollection',
  params: ofCollection,
});

/** Collections: by their names to be found and dropped, by their ids to be changed. */
@Injectable()
export class CollectionRoutes {
  constructor(private readonly catalogue: ChromaCatalogue) {}

  @Endpoint(list)
  async list({ caller, params, query }: EndpointInput<typeof list>): Promise<unknown> {
    return (await this.catalogue.list(caller.scope, params, pageOf(query))).map(shownCollection);
  }

  @Endpoint(count)
  async count({ caller, params }: EndpointInput<typeof count>): Promise<unknown> {
    return await this.catalogue.count(caller.scope, params);
  }

  @Endpoint(create)
  async create({ caller, params, body }: EndpointInput<typeof create>): Promise<unknown> {
    return shownCollection(await this.catalogue.create(caller.scope, params, body));
  }

  @Endpoint(get)
  async get({ caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    return shownCollection(await this.catalogue.byName(caller.scope, params, params.collection));
  }

  @Endpoint(getById)
  async getById({ caller, params }: EndpointInput<typeof getById>): Promise<unknown> {
    return shownCollection(await this.catalogue.byId(caller.scope, params, params.collection));
  }

  @Endpoint(modify)
  async modify({ caller, params, body }: EndpointInput<typeof modify>): Promise<unknown> {
    const { new_name: name, new_metadata: metadata, new_configuration: configuration } = body;
    await this.catalogue.modify(caller.scope, params, params.collection, { name, metadata, configuration });
    return {};
  }

  @Endpoint(remove)
  async remove({ caller, params }: EndpointInput<typeof remove>): Promise<unknown> {
    await this.catalogue.remove(caller.scope, params, params.collection);
    return {};
  }
}
