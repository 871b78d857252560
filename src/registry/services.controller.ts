import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { conflict, invalidAt, notFound } from '../common/errors';
import { decodeCursor, fingerprintOf, pageOf } from '../common/paging';
import { operationSchema } from '../operations/operation.schemas';
import { presentOperation } from '../operations/operations.controller';
import { OperationsService } from '../operations/operations.service';
import { Operator } from './operator';
import { SERVICE_NAMES, type ServiceName } from './service';
import { serviceNameOf } from './service-view';
import { TransitionStore, type StoredTransition } from './transition-store';
import { WatchingRegistry } from './watching-registry';
import { defineEndpoint, type EndpointInput } from '../api/endpoint';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { listOf, pageQuery } from '../api/schemas';
import {
  presentService,
  presentTransition,
  serviceSchema,
  transitionSchema,
  withoutAddresses,
  withoutHosts,
  type Service,
  type Transition,
} from './service.schemas';

const params = z.strictObject({
  service: z
    .string()
    .max(64)
    .meta({ description: `One of ${SERVICE_NAMES.join(', ')}.` }),
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/services',
  operationId: 'listServices',
  audit: 'none',
  tag: 'Services',
  summary: 'All services, those that are not configured included',
  description:
    'State, since when and why, the last probe, latencies, error rate and lag of each of the five services. Addresses are shown to the root key alone.',
  access: 'admin',
  responses: { 200: z.object({ data: z.array(serviceSchema) }) },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/services/{service}',
  operationId: 'getService',
  audit: 'none',
  tag: 'Services',
  summary: 'The state of a service',
  description:
    'Its state, since when and why, the last probe, latencies, error rate and lag: as this process sees it. Addresses are shown to the root key alone.',
  access: 'admin',
  params,
  responses: { 200: serviceSchema },
});

const history = defineEndpoint({
  method: 'GET',
  path: '/v1/services/{service}/history',
  operationId: 'getServiceHistory',
  audit: 'none',
  tag: 'Services',
  summary: 'The changes of its state, newest first',
  description:
    'Each change with its time, its reason and the replica that noticed it; a page of at most `limit`, continued by `next_cursor`.',
  access: 'admin',
  params,
  query: pageQuery,
  responses: { 200: listOf(transitionSchema) },
});

const drain = defineEndpoint({
  method: 'POST',
  path: '/v1/services/{service}/drain',
  operationId: 'drainService',
  audit: 'admin',
  tag: 'Services',
  summary: 'Take a service out of use',
  description:
    'Applies to all replicas, across restarts, until it is restored. It then catches up from where it stopped.',
  access: 'root',
  params,
  body: z.strictObject({ reason: z.string().min(1).max(500).optional() }).optional(),
  responses: { 200: serviceSchema },
});

const restore = defineEndpoint({
  method: 'POST',
  path: '/v1/services/{service}/restore',
  operationId: 'restoreService',
  audit: 'admin',
  tag: 'Services',
  summary: 'Restore a drained service',
  description: 'It is probed, brought in sync with the record and compared before it serves.',
  access: 'root',
  params,
  responses: { 200: serviceSchema },
});

const rebuild = defineEndpoint({
  method: 'POST',
  path: '/v1/services/{service}/rebuild',
  operationId: 'rebuildService',
  audit: 'admin',
  tag: 'Services',
  summary: "Rebuild a service's copy, in the background",
  description:
    'Builds a second copy from the record beside the serving one, compares it, and switches over. Answers an operation to poll. 409 for a service that keeps no copy, or that is not configured.',
  access: 'root',
  params,
  responses: { 202: operationSchema },
});

const KIND = 'service.rebuild';

@Controller()
export class ServicesController {
  constructor(
    private readonly registry: WatchingRegistry,
    private readonly transitions: TransitionStore,
    private readonly operator: Operator,
    private readonly operations: OperationsService,
  ) {}

  @Endpoint(list)
  list(@Input() { caller }: EndpointInput<typeof list>): { data: Service[] } {
    const services = this.registry.views().map(presentService);
    return { data: caller.isRoot ? services : services.map(withoutAddresses) };
  }

  @Endpoint(get)
  get(@Input() { params, caller }: EndpointInput<typeof get>): Service {
    const service = this.present(known(params.service));
    return caller.isRoot ? service : withoutAddresses(service);
  }

  @Endpoint(history)
  async history(@Input() { params, caller, query: { limit, after } }: EndpointInput<typeof history>): Promise<unknown> {
    const name = known(params.service);
    const fingerprint = fingerprintOf(['service history', name]);
    const [before] = after === undefined ? [] : decodeCursor(after, fingerprint, 1, 'query:after');
    if (before !== undefined && !Number.isSafeInteger(before))
      throw invalidAt('query:after', 'The cursor is not valid for this list.');
    const rows = await this.transitions.page(name, limit + 1, before === undefined ? undefined : Number(before));
    const present = (row: StoredTransition): Transition =>
      caller.isRoot ? presentTransition(row) : withoutHosts(presentTransition(row));
    return pageOf(rows, limit, present, ({ id }) => [id], fingerprint);
  }

  @Endpoint(drain)
  async drain(@Input() { params, body }: EndpointInput<typeof drain>): Promise<Service> {
    const name = known(params.service);
    if (name === 'postgres') throw conflict('Postgres is the record: nothing can replace it while it is drained.');
    this.mustBeEnabled(name);
    const reason = body?.reason === undefined ? 'drained by an operator' : `drained by an operator: ${body.reason}`;
    await this.operator.drain(name, reason);
    return this.present(name);
  }

  @Endpoint(restore)
  async restore(@Input() { params }: EndpointInput<typeof restore>): Promise<Service> {
    const name = known(params.service);
    await this.operator.restore(name);
    return this.present(name);
  }

  @Endpoint(rebuild)
  async rebuild(@Input() { caller, params }: EndpointInput<typeof rebuild>): Promise<unknown> {
    const name = known(params.service);
    if (name === 'postgres') throw conflict('Postgres is the record: it cannot be rebuilt from anything else.');
    this.mustBeEnabled(name);
    const work = this.registry.find(name)?.descriptor.rebuild;
    if (!work) throw conflict(`The service "${name}" keeps no copy to rebuild.`);
    const operation = await this.operations.create(caller.scope, KIND, name);
    void this.operations.follow(caller.scope, operation, work).catch(() => undefined);
    return presentOperation(operation);
  }

  private mustBeEnabled(name: ServiceName): void {
    if (!this.registry.find(name)) throw conflict(`The service "${name}" is not configured.`);
  }

  private present(name: ServiceName): Service {
    return presentService(this.registry.view(name));
  }
}

const known = (name: string): ServiceName => {
  const service = serviceNameOf(name);
  if (!service) throw notFound('service', name);
  return service;
};
