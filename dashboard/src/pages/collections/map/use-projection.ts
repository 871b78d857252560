import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api } from '../../../api/client';
import type { Operation } from '../../../api/types';
import { useMay } from '../../../session/use-session';
import type { Projection } from './types';

const POLL_MS = 400;

/** The projection and how far its making is. */
export interface ProjectionState {
  readonly projection: Projection | undefined;
  /** The field whose values the points have; empty: none. */
  readonly colouredBy: string;
  readonly operation: Operation | undefined;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly makeAnew: () => void;
}

const PROJECTION = '/v1/collections/{collection}/projection';

/** Has the projection made in the background, follows that, then gets it. `colourBy` is a metadata field. */
export function useProjection(collection: string, colourBy: string): ProjectionState {
  // A key that may not start it gets the stored one, or waits while another client's is computed.
  const mayStart = useMay('write');
  const path = { collection };
  const started = useQuery({
    queryKey: ['collections', 'projection', collection, 'started'],
    queryFn: ({ signal }) => api.post(PROJECTION, { path, signal }),
    enabled: mayStart,
    staleTime: Infinity,
    // Whoever comes back later wants the map of then.
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const operation = useOperation(started.data);
  const isDone = operation?.state === 'succeeded';
  const points = useQuery({
    queryKey: ['collections', 'projection', collection, 'points', operation?.id, colourBy],
    queryFn: async ({ signal }) => {
      const query = { color_by: colourBy === '' ? undefined : colourBy };
      return { colourBy, projection: await api.get(PROJECTION, { path, signal, query }) };
    },
    enabled: isDone || !mayStart,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  const failure = operation?.error && new Error(operation.error.message);
  return {
    projection: points.data?.projection,
    colouredBy: points.data?.colourBy ?? '',
    operation,
    isBusy: points.isFetching || started.isFetching || operation?.state === 'running',
    error: failure ?? started.error ?? points.error ?? undefined,
    makeAnew: () => void (mayStart ? started.refetch() : points.refetch()),
  };
}

/** An operation as it is now, looked at until it has ended. */
function useOperation(begun: Operation | undefined): Operation | undefined {
  const { data } = useQuery({
    queryKey: ['operations', begun?.id],
    queryFn: ({ signal }) => api.get('/v1/operations/{id}', { path: { id: begun?.id ?? '' }, signal }),
    enabled: begun !== undefined && begun.state === 'running',
    refetchInterval: ({ state }) => (state.data && state.data.state !== 'running' ? false : POLL_MS),
  });
  return data ?? begun;
}
