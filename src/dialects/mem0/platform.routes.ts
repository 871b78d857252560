import { Injectable } from '@nestjs/common';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { newId } from '../../common/ids';
import { MemoryService } from '../../memory/memory.service';
import { addBodyOf, addedIn } from './adding';
import { Mem0Memories } from './memories';
import { pagesOf } from './pages';
import { reading, searching, telling, writing } from './route';
import {
  addBody,
  forgetQuery,
  listBody,
  listQuery,
  ofMemory,
  pageQuery,
  searchBody,
  updateBody,
  type AddBody,
  type ListBody,
  type PageQuery,
} from './schemas';
import { shownHistory, shownMemory, shownPage } from './shown';

const adding = { ...writing, kind: 'memory', method: 'POST', maxBodyBytes: BODY_BYTES.bulk, body: addBody } as const;
const listing = { ...reading, method: 'POST', query: pageQuery, body: listBody } as const;
const asking = { ...searching, method: 'POST', body: searchBody } as const;
const one = '/v1/memories/{id}/';

const ping = defineEndpoint({ ...telling, method: 'GET', path: '/v1/ping/', operationId: 'mem0Ping' });
const add = defineEndpoint({ ...adding, path: '/v3/memories/add/', operationId: 'mem0Add' });
const addV1 = defineEndpoint({ ...adding, path: '/v1/memories/', operationId: 'mem0AddV1' });
const list = defineEndpoint({ ...listing, path: '/v3/memories/', operationId: 'mem0List' });
const listV2 = defineEndpoint({ ...listing, path: '/v2/memories/', operationId: 'mem0ListV2' });
const listV1 = defineEndpoint({
  ...reading,
  method: 'GET',
  path: '/v1/memories/',
  operationId: 'mem0ListV1',
  query: listQuery,
});
const search = defineEndpoint({ ...asking, path: '/v3/memories/search/', operationId: 'mem0Search' });
const searchV2 = defineEndpoint({ ...asking, path: '/v2/memories/search/', operationId: 'mem0SearchV2' });
const searchV1 = defineEndpoint({ ...asking, path: '/v1/memories/search/', operationId: 'mem0SearchV1' });
const get = defineEndpoint({ ...reading, method: 'GET', path: one, operationId: 'mem0Get', params: ofMemory });
const update = defineEndpoint({
  ...writing,
  method: 'PUT',
  path: one,
  operationId: 'mem0Update',
  params: ofMemory,
  body: updateBody,
});
const remove = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: one,
  operationId: 'mem0Delete',
  params: ofMemory,
});
const removeAll = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: '/v1/memories/',
  operationId: 'mem0DeleteAll',
  query: forgetQuery,
  ignoresUnknownQuery: false,
});
const history = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${one}history/`,
  operationId: 'mem0History',
  params: ofMemory,
});

/** The platform's routes on memories, in the versions that clients of the last years call. */
@Injectable()
export class PlatformRoutes {
  constructor(
    private readonly memories: MemoryService,
    private readonly mem0: Mem0Memories,
  ) {}

  @Endpoint(ping)
  ping({ caller }: EndpointInput<typeof ping>): unknown {
    return { status: 'ok', org_id: 'zerodb', project_id: caller.scope.projectName, user_email: null };
  }

  @Endpoint(add)
  async add(input: EndpointInput<typeof add>): Promise<unknown> {
    return await this.added(input);
  }

  @Endpoint(addV1)
  async addV1(input: EndpointInput<typeof addV1>): Promise<unknown> {
    return await this.added(input);
  }

  @Endpoint(list)
  async list(input: EndpointInput<typeof list>): Promise<unknown> {
    return await this.page(input, input.body);
  }

  @Endpoint(listV2)
  async listV2(input: EndpointInput<typeof listV2>): Promise<unknown> {
    return await this.page(input, input.body);
  }

  /** A list alone, as in this version; a page where one is requested. */
  @Endpoint(listV1)
  async listV1(input: EndpointInput<typeof listV1>): Promise<unknown> {
    const { query } = input;
    if (query.page !== undefined || query.page_size !== undefined) return await this.page(input, query);
    const slice = { limit: query.top_k ?? query.limit ?? 100, offset: 0 };
    const { data } = await this.mem0.page(input.caller.scope, query, slice);
    return data.map(shownMemory);
  }

  @Endpoint(search)
  async search({ caller, body, signal }: EndpointInput<typeof search>): Promise<unknown> {
    return { results: await this.mem0.search(caller.scope, body, signal) };
  }

  @Endpoint(searchV2)
  async searchV2({ caller, body, signal }: EndpointInput<typeof searchV2>): Promise<unknown> {
    return await this.listOrResults(body['output_format'], await this.mem0.search(caller.scope, body, signal));
  }

  @Endpoint(searchV1)
  async searchV1({ caller, body, signal }: EndpointInput<typeof searchV1>): Promise<unknown> {
    return await this.listOrResults(body['output_format'], await this.mem0.search(caller.scope, body, signal));
  }

  @Endpoint(get)
  async get({ caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    return shownMemory(await this.memories.get(caller.scope, params.id));
  }

  @Endpoint(update)
  async update({ caller, params, body }: EndpointInput<typeof update>): Promise<unknown> {
    return shownMemory(await this.mem0.update(caller.scope, params.id, body));
  }

  @Endpoint(remove)
  async remove({ caller, params }: EndpointInput<typeof remove>): Promise<unknown> {
    await this.memories.delete(caller.scope, params.id);
    return { message: 'Memory deleted successfully!' };
  }

  @Endpoint(removeAll)
  async removeAll({ caller, query, signal }: EndpointInput<typeof removeAll>): Promise<unknown> {
    const count = await this.mem0.forgetBy(caller.scope, query, signal);
    return { message: 'Memories deleted successfully!', count };
  }

  @Endpoint(history)
  async history({ caller, params }: EndpointInput<typeof history>): Promise<unknown> {
    return shownHistory(await this.memories.history(caller.scope, params.id));
  }

  /** ZeroDB answers after the commit: the event that clients may look at has happened by then. */
  private async added({ caller, body, signal }: Adding): Promise<unknown> {
    const results = addedIn(await this.memories.add(caller.scope, addBodyOf(body), signal));
    return { message: 'Memories added.', status: 'SUCCEEDED', event_id: newId(), results };
  }

  private async page({ caller, query, raw }: Paging, body: ListBody): Promise<unknown> {
    const pages = pagesOf({ ...body, ...query });
    const { data, total } = await this.mem0.page(caller.scope, body, pages.slice);
    return shownPage(data.map(shownMemory), total, { ...pages, url: raw.url });
  }

  private listOrResults(format: unknown, results: object[]): unknown {
    return format === 'v1.1' ? { results } : results;
  }
}

type Adding = Pick<EndpointInput<typeof add>, 'caller' | 'signal'> & { readonly body: AddBody };
type Paging = Pick<EndpointInput<typeof list>, 'caller' | 'raw'> & { readonly query: PageQuery };
