import { useQuery } from '@tanstack/react-query';
import { api } from '../api/client';

export type { Consistency, CollectionConsistency } from '../api/types';

const POLL_MS = 2_000;

/** How equal the copies of the project are to the record. */
export const useConsistency = () =>
  useQuery({
    queryKey: ['consistency'],
    queryFn: ({ signal }) => api.get('/v1/consistency', { signal, query: { limit: 1000 } }),
    refetchInterval: POLL_MS,
    retry: false,
  });
