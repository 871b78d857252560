import type { Service as Told, ServiceTransition as Transition } from '../api/types';

export type { Transition };
export type ServiceName = Told['name'];
/** `unknown`: the server that would know it does not answer. */
export type ServiceState = Told['state'] | 'unknown';
export type Service = Omit<Told, 'state'> & { readonly state: ServiceState };

export const SERVICE_NAMES = [
  'postgres',
  'qdrant',
  'object_store',
  'broker',
  'embeddings',
] as const satisfies readonly ServiceName[];

/** A change of state, and of which service. */
export type ServiceTransition = Omit<Transition, 'from' | 'to'> & {
  readonly service: ServiceName;
  readonly from: ServiceState;
  readonly to: ServiceState;
};

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
