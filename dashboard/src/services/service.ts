import type { Service, ServiceTransition as Transition } from '../api/types';

export type { Service, Transition };
export type ServiceName = Service['name'];
export type ServiceState = Service['state'];

export const SERVICE_NAMES = [
  'postgres',
  'qdrant',
  'object_store',
  'broker',
  'embeddings',
] as const satisfies readonly ServiceName[];

/** A change of state, and of which service. */
export type ServiceTransition = Transition & { readonly service: ServiceName };

export const SERVICE_TITLES: Readonly<Record<ServiceName, string>> = {
  postgres: 'Postgres',
  qdrant: 'Qdrant',
  object_store: 'Object store',
  broker: 'Broker',
  embeddings: 'Embeddings',
};

/** Whether requests are given to it. */
export const isUsed = (service: Service | undefined): boolean =>
  service?.state === 'up' || service?.state === 'suspect';
