import type { ServiceState } from '../registry/service';

/** The facts for routing a search. */
export interface RouteFacts {
  readonly qdrant: ServiceState;
  /** Whether its gate admits reads now. */
  readonly admitted: boolean;
  /** Whether a verified copy of the collection serves. */
  readonly hasCopy: boolean;
  /** Records missing in the copy, as last counted. */
  readonly lag: number;
  /** Whether Qdrant can evaluate the filter. */
  readonly expressible: boolean;
}

/** `checked`: Qdrant, looked up in Postgres, with the tail; pgvector behind it. `pgvector`: Postgres alone. */
export type Route = {
  readonly kind: 'checked' | 'pgvector';
  /** Why the preferred service does not serve; empty when it does, or when it was never attached. */
  readonly reasons: readonly string[];
};

/** Beyond this the tail is too long to scan with each search: pgvector serves until it is shorter. */
export const MAX_TAIL = 2_000;

/** Decides which engine serves a vector search. */
export function routeOf(facts: RouteFacts): Route {
  const obstacle = obstacleOf(facts);
  if (facts.qdrant === 'disabled') return { kind: 'pgvector', reasons: [] };
  if (obstacle !== undefined) return { kind: 'pgvector', reasons: obstacle === INEXPRESSIBLE ? [] : [obstacle] };
  return { kind: 'checked', reasons: [] };
}

const INEXPRESSIBLE = 'filter_inexpressible';

/** Why Qdrant cannot serve now; `undefined` when it can. */
export function obstacleOf({ qdrant, admitted, hasCopy, lag, expressible }: RouteFacts): string | undefined {
  if (qdrant === 'disabled' || qdrant === 'drained' || qdrant === 'recovering' || qdrant === 'down') {
    return `qdrant_${qdrant}`;
  }
  if (!hasCopy) return 'qdrant_building';
  if (!admitted) return 'qdrant_busy';
  if (!expressible) return INEXPRESSIBLE;
  return lag > MAX_TAIL ? 'qdrant_behind' : undefined;
}

/** Whether Qdrant can answer while Postgres is down. */
export const canServeAlone = ({ admitted, hasCopy }: Pick<RouteFacts, 'admitted' | 'hasCopy'>): boolean =>
  admitted && hasCopy;
