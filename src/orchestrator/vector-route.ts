import type { ServiceState } from '../registry/service';

/** What is known when a search begins. */
export interface RouteFacts {
  readonly qdrant: ServiceState;
  /** Whether its gate lets reads through now. */
  readonly admitted: boolean;
  /** Whether a verified copy of the collection serves. */
  readonly hasCopy: boolean;
  /** Records the copy lacks, as last counted. */
  readonly lag: number;
  /** Whether Qdrant can tell the records that the filter selects. */
  readonly expressible: boolean;
}

/** `checked`: Qdrant, looked up in Postgres, with the tail; pgvector behind it. `pgvector`: Postgres alone. */
export type Route = {
  readonly kind: 'checked' | 'pgvector';
  /** Why the preferred service does not serve; empty when it does, or when it was never attached. */
  readonly reasons: readonly string[];
};

/** A tail beyond it is not scanned beside each search: pgvector serves until it is worked off. */
export const MAX_TAIL = 2_000;

/** Who serves a vector search. */
export function routeOf(facts: RouteFacts): Route {
  const obstacle = obstacleOf(facts);
  if (facts.qdrant === 'disabled') return { kind: 'pgvector', reasons: [] };
  if (obstacle !== undefined) return { kind: 'pgvector', reasons: obstacle === INEXPRESSIBLE ? [] : [obstacle] };
  return { kind: 'checked', reasons: [] };
}

const INEXPRESSIBLE = 'filter_inexpressible';

/** Why Qdrant can't serve now; `undefined`: it can. */
export function obstacleOf({ qdrant, admitted, hasCopy, lag, expressible }: RouteFacts): string | undefined {
  if (qdrant === 'disabled' || qdrant === 'drained' || qdrant === 'recovering' || qdrant === 'down') {
    return `qdrant_${qdrant}`;
  }
  if (!hasCopy) return 'qdrant_building';
  if (!admitted) return 'qdrant_busy';
  if (!expressible) return INEXPRESSIBLE;
  return lag > MAX_TAIL ? 'qdrant_behind' : undefined;
}

/** Whether Qdrant can answer without Postgres, as it must when that is gone. */
export const canServeAlone = ({ admitted, hasCopy }: Pick<RouteFacts, 'admitted' | 'hasCopy'>): boolean =>
  admitted && hasCopy;
