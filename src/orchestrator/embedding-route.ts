import type { ServiceState } from '../registry/service';

/**
 * Why texts are not sent to the provider now; `undefined` when they are. With an obstacle, a hybrid search uses
 * keywords only, and texts to be stored are refused, at once in both cases. A `disabled` provider is not watched yet,
 * so it is called.
 */
export const embeddingObstacleOf = (state: ServiceState): 'down' | 'drained' | undefined =>
  state === 'down' || state === 'drained' ? state : undefined;
