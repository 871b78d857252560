import type { ServiceState } from '../registry/service';

/**
 * Why texts are not sent to the provider now; `undefined`: they are. A hybrid search then goes on by keywords, and texts to
 * be stored are refused, at once in both cases. One that is `disabled` is not watched yet, and asked.
 */
export const embeddingObstacleOf = (state: ServiceState): 'down' | 'drained' | undefined =>
  state === 'down' || state === 'drained' ? state : undefined;
