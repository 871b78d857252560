import { Injectable } from '@nestjs/common';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { MemoryBrowser } from '../../memory/browse/memory-browser';
import { Mem0Memories } from './memories';
import { pagesOf } from './pages';
import { reading, writing } from './route';
import { ofEntity, pageQuery } from './schemas';
import { shownEntity, shownPage } from './shown';

const list = defineEndpoint({
  ...reading,
  method: 'GET',
  path: '/v1/entities/',
  operationId: 'mem0Entities',
  query: pageQuery,
});
const removing = { ...writing, method: 'DELETE', params: ofEntity } as const;
const remove = defineEndpoint({ ...removing, path: '/v2/entities/{type}/{id}/', operationId: 'mem0DeleteEntity' });
const removeV1 = defineEndpoint({ ...removing, path: '/v1/entities/{type}/{id}/', operationId: 'mem0DeleteEntityV1' });

/** Users, agents, apps and runs: whoever has memories. */
@Injectable()
export class EntityRoutes {
  constructor(
    private readonly browser: MemoryBrowser,
    private readonly mem0: Mem0Memories,
  ) {}

  @Endpoint(list)
  async list({ caller, query, raw }: EndpointInput<typeof list>): Promise<unknown> {
    const pages = pagesOf(query);
    const { data, total } = await this.browser.entities(caller.scope, pages.slice);
    return shownPage(data.map(shownEntity), total, { ...pages, url: raw.url });
  }

  @Endpoint(remove)
  async remove(input: EndpointInput<typeof remove>): Promise<unknown> {
    return await this.forgotten(input);
  }

  @Endpoint(removeV1)
  async removeV1(input: EndpointInput<typeof removeV1>): Promise<unknown> {
    return await this.forgotten(input);
  }

  /** Also where there is nobody: clients delete one after the other, and the memories of two may be the same. */
  private async forgotten({ caller, params, signal }: Forgetting): Promise<unknown> {
    await this.mem0.forgetEntity(caller.scope, params.type, params.id, signal);
    return { message: 'Entity deleted successfully!' };
  }
}

type Forgetting = Pick<EndpointInput<typeof remove>, 'caller' | 'params' | 'signal'>;
