import { Injectable } from '@nestjs/common';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { unsupported } from './errors';
import { withFloats } from './floats';
import { ChromaQueries } from './queries';
import { ChromaRecords, type Target } from './records';
import { reading, searching, telling, writing } from './route';
import { anything, deleteBody, getBody, ofRecords, queryBody, recordsBody } from './schemas';
import { wantedOf } from './shown';

const path = '/tenants/{tenant}/databases/{database}/collections/{collection}';
const storing = {
  ...writing,
  method: 'POST',
  params: ofRecords,
  maxBodyBytes: BODY_BYTES.bulk,
  body: recordsBody,
} as const;
const asked = { method: 'POST', params: ofRecords, maxBodyBytes: BODY_BYTES.many } as const;
const refusing = { ...telling, params: ofRecords } as const;

const add = defineEndpoint({ ...storing, path: `${path}/add`, operationId: 'chromaAdd' });
const upsert = defineEndpoint({ ...storing, path: `${path}/upsert`, operationId: 'chromaUpsert' });
const update = defineEndpoint({ ...storing, path: `${path}/update`, operationId: 'chromaUpdate' });
const get = defineEndpoint({ ...reading, ...asked, path: `${path}/get`, operationId: 'chromaGet', body: getBody });
const query = defineEndpoint({
  ...searching,
  ...asked,
  path: `${path}/query`,
  operationId: 'chromaQuery',
  body: queryBody,
});
const remove = defineEndpoint({
  ...writing,
  ...asked,
  path: `${path}/delete`,
  operationId: 'chromaDelete',
  body: deleteBody,
});
const count = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${path}/count`,
  operationId: 'chromaCount',
  params: ofRecords,
});
const indexing = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${path}/indexing_status`,
  operationId: 'chromaIndexingStatus',
  params: ofRecords,
});
const fork = defineEndpoint({
  ...refusing,
  method: 'POST',
  path: `${path}/fork`,
  operationId: 'chromaFork',
  body: anything,
});
const search = defineEndpoint({
  ...refusing,
  method: 'POST',
  path: `${path}/search`,
  operationId: 'chromaSearch',
  body: anything,
});

/** The records of a collection. */
@Injectable()
export class RecordRoutes {
  constructor(
    private readonly records: ChromaRecords,
    private readonly queries: ChromaQueries,
  ) {}

  @Endpoint(add)
  async add(input: EndpointInput<typeof add>): Promise<unknown> {
    await this.records.add(targetOf(input), input.body);
    return {};
  }

  @Endpoint(upsert)
  async upsert(input: EndpointInput<typeof upsert>): Promise<unknown> {
    await this.records.upsert(targetOf(input), input.body);
    return {};
  }

  @Endpoint(update)
  async update(input: EndpointInput<typeof update>): Promise<unknown> {
    await this.records.update(targetOf(input), input.body);
    return {};
  }

  @Endpoint(get)
  async get(input: EndpointInput<typeof get>): Promise<unknown> {
    const { limit, offset, include, ...selection } = input.body;
    const wanted = wantedOf(include, ['documents', 'metadatas']);
    const page = { limit: limit ?? undefined, offset: offset ?? undefined };
    return await withFloats(await this.records.get(targetOf(input), { ...selection, ...page, wanted }));
  }

  @Endpoint(query)
  async query(input: EndpointInput<typeof query>): Promise<unknown> {
    const wanted = wantedOf(input.body.include, ['documents', 'metadatas', 'distances']);
    return await withFloats(await this.queries.query(targetOf(input), input.body, wanted));
  }

  @Endpoint(remove)
  async remove(input: EndpointInput<typeof remove>): Promise<unknown> {
    return { deleted: await this.records.delete(targetOf(input), input.body) };
  }

  @Endpoint(count)
  async count(input: EndpointInput<typeof count>): Promise<unknown> {
    return await this.records.count(targetOf(input));
  }

  /** A write is found by every search after its answer. */
  @Endpoint(indexing)
  async indexing(input: EndpointInput<typeof indexing>): Promise<unknown> {
    const total = await this.records.count(targetOf(input));
    return { num_indexed_ops: total, num_unindexed_ops: 0, total_ops: total, op_indexing_progress: 1 };
  }

  @Endpoint(fork)
  fork(): never {
    throw unsupported('Forking a collection is');
  }

  @Endpoint(search)
  search(): never {
    throw unsupported('The search API (hybrid ranking) is');
  }
}

const targetOf = ({
  caller,
  params,
  signal,
}: Pick<EndpointInput<typeof count>, 'caller' | 'params' | 'signal'>): Target => ({
  scope: caller.scope,
  place: params,
  id: params.collection,
  signal,
});
