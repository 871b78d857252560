import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint, type EndpointInput } from '../../../api/endpoint';
import { Endpoint } from '../../../api/endpoint.decorator';
import { reading } from '../route';
import { Models } from './models';

const list = defineEndpoint({ ...reading, method: 'GET', path: '/models', operationId: 'openaiListModels' });
const get = defineEndpoint({
  ...reading,
  method: 'GET',
  // Names may have slashes.
  path: '/models/{model*}',
  operationId: 'openaiGetModel',
  params: z.object({ model: z.string() }),
});

/** Nobody knows when a model was made. */
const CREATED = 0;

@Injectable()
export class ModelRoutes {
  constructor(private readonly models: Models) {}

  @Endpoint(list)
  list(): unknown {
    return { object: 'list', data: this.models.names().map(present) };
  }

  @Endpoint(get)
  get({ params }: EndpointInput<typeof get>): unknown {
    this.models.get(params.model);
    return present(params.model);
  }
}

const present = (id: string): Record<string, unknown> => ({ id, object: 'model', created: CREATED, owned_by: 'zerodb' });
