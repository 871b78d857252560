import { Injectable } from '@nestjs/common';
import { EventQueue } from '../common/event-queue';
import { publicReason } from './public-reason';
import { SERVICE_NAMES, ServiceRegistry, type ServiceState } from './service';
import { WatchingRegistry } from './watching-registry';
import { GraphqlField, mutation, GraphqlOperations, query, type FieldInput } from '../api/field';

/** Maximum of unread changes; a slower client must subscribe again. */
const MAX_WAITING = 1_000;

interface StateChange {
  readonly service: string;
  readonly from: string | null;
  readonly to: string;
  readonly reason: string;
  readonly at: string;
}

@Injectable()
@GraphqlOperations(
  query('services', 'listServices', { type: 'Service', pick: 'data' }),
  query('service', 'getService', { type: 'Service' }),
  query('serviceHistory', 'getServiceHistory', { type: 'ServiceTransition' }),
  query('background', 'listBackground', { type: 'BackgroundPiece', pick: 'data' }),
  query('status', 'getStatus', { type: 'Status' }),
  mutation('drainService', { type: 'Service' }),
  mutation('restoreService', { type: 'Service' }),
  mutation('rebuildService', { type: 'Operation' }),
)
export class ServicesResolver {
  constructor(
    private readonly registry: ServiceRegistry,
    private readonly watched: WatchingRegistry,
  ) {}

  @GraphqlField({
    on: 'Subscription',
    name: 'serviceStates',
    type: 'JSON!',
    description:
      'The state of each service now (`from` is null), then each change as this process sees it: service, from, to, ' +
      'reason, at.',
    access: 'admin',
  })
  serviceStates({ context }: FieldInput): AsyncIterable<StateChange> {
    let stop = (): void => undefined;
    const queue = new EventQueue<StateChange>(context.signal, MAX_WAITING, () => stop());
    const told = (to: ServiceState, reason: string): string => (context.caller.isRoot ? reason : publicReason(to));
    for (const name of SERVICE_NAMES) {
      const { state, reason, since } = this.watched.view(name);
      queue.push({ service: name, from: null, to: state, reason: told(state, reason), at: since.toISOString() });
    }
    stop = this.registry.onTransition(({ service, from, to, reason, at }) =>
      queue.push({ service, from, to, reason: told(to, reason), at: at.toISOString() }),
    );
    return queue;
  }
}
