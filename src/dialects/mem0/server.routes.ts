import { Injectable } from '@nestjs/common';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { MemoryService } from '../../memory/memory.service';
import { addBodyOf, addedIn } from './adding';
import { refused } from './errors';
import { Mem0Memories } from './memories';
import { reading, searching, telling, writing } from './route';
import { addBody, anything, forgetQuery, listQuery, ofMemory, searchBody, updateBody } from './schemas';
import { shownHistory, shownMemory } from './shown';

const one = '/memories/{id}';

const add = defineEndpoint({
  ...writing,
  kind: 'memory',
  method: 'POST',
  path: '/memories',
  operationId: 'mem0ServerAdd',
  maxBodyBytes: BODY_BYTES.bulk,
  body: addBody,
});
const list = defineEndpoint({
  ...reading,
  method: 'GET',
  path: '/memories',
  operationId: 'mem0ServerList',
  query: listQuery,
});
const removeAll = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: '/memories',
  operationId: 'mem0ServerDeleteAll',
  query: forgetQuery,
  ignoresUnknownQuery: false,
});
const get = defineEndpoint({ ...reading, method: 'GET', path: one, operationId: 'mem0ServerGet', params: ofMemory });
const update = defineEndpoint({
  ...writing,
  method: 'PUT',
  path: one,
  operationId: 'mem0ServerUpdate',
  params: ofMemory,
  body: updateBody,
});
const remove = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: one,
  operationId: 'mem0ServerDelete',
  params: ofMemory,
});
const history = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${one}/history`,
  operationId: 'mem0ServerHistory',
  params: ofMemory,
});
const search = defineEndpoint({
  ...searching,
  method: 'POST',
  path: '/search',
  operationId: 'mem0ServerSearch',
  body: searchBody,
});
const reset = defineEndpoint({
  ...writing,
  access: 'admin',
  audit: 'admin',
  method: 'POST',
  path: '/reset',
  operationId: 'mem0ServerReset',
  body: anything,
});
const configure = defineEndpoint({
  ...telling,
  method: 'POST',
  path: '/configure',
  operationId: 'mem0ServerConfigure',
  body: anything,
});

/** The routes of mem0's open-source server. */
@Injectable()
export class ServerRoutes {
  constructor(
    private readonly memories: MemoryService,
    private readonly mem0: Mem0Memories,
  ) {}

  @Endpoint(add)
  async add({ caller, body, signal }: EndpointInput<typeof add>): Promise<unknown> {
    return { results: addedIn(await this.memories.add(caller.scope, addBodyOf(body), signal)) };
  }

  @Endpoint(list)
  async list({ caller, query }: EndpointInput<typeof list>): Promise<unknown> {
    const slice = { limit: query.top_k ?? query.limit ?? 100, offset: 0 };
    const { data } = await this.mem0.page(caller.scope, query, slice);
    return { results: data.map(shownMemory) };
  }

  @Endpoint(removeAll)
  async removeAll({ caller, query, signal }: EndpointInput<typeof removeAll>): Promise<unknown> {
    await this.mem0.forgetBy(caller.scope, query, signal);
    return { message: 'All relevant memories deleted' };
  }

  @Endpoint(get)
  async get({ caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    return shownMemory(await this.memories.get(caller.scope, params.id));
  }

  @Endpoint(update)
  async update({ caller, params, body }: EndpointInput<typeof update>): Promise<unknown> {
    await this.mem0.update(caller.scope, params.id, body);
    return { message: 'Memory updated successfully!' };
  }

  @Endpoint(remove)
  async remove({ caller, params }: EndpointInput<typeof remove>): Promise<unknown> {
    await this.memories.delete(caller.scope, params.id);
    return { message: 'Memory deleted successfully' };
  }

  @Endpoint(history)
  async history({ caller, params }: EndpointInput<typeof history>): Promise<unknown> {
    return shownHistory(await this.memories.history(caller.scope, params.id));
  }

  @Endpoint(search)
  async search({ caller, body, signal }: EndpointInput<typeof search>): Promise<unknown> {
    return { results: await this.mem0.search(caller.scope, body, signal) };
  }

  /** All memories of the project, which takes a key with the role `admin`. */
  @Endpoint(reset)
  async reset({ caller, signal }: EndpointInput<typeof reset>): Promise<unknown> {
    await this.mem0.forgetAll(caller.scope, signal);
    return { message: 'All memories reset' };
  }

  @Endpoint(configure)
  configure(): never {
    throw refused('ZeroDB is configured by its own settings: /configure is refused.');
  }
}
