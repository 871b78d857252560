import { useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import type { Page } from '../api/types';

interface Lag {
  readonly records: number;
  readonly seconds: number;
}

export interface CollectionConsistency {
  readonly collection: string;
  readonly records: number;
  readonly copied_records: number | null;
  readonly lag: Lag;
  readonly parked: number;
  readonly state: 'none' | 'building' | 'verifying' | 'serving';
  readonly build: { readonly copied: number; readonly total: number | null } | null;
  readonly last_proof: string | null;
  readonly differences: { readonly found: number; readonly repaired: number };
  readonly last_error: string | null;
}

export interface Consistency extends Page<CollectionConsistency> {
  /** `null`: no engine but Postgres is configured. */
  readonly follower: 'qdrant' | null;
  readonly state: string;
  readonly lag: Lag;
}

const POLL_MS = 2_000;

/** How equal the copies of the project are to the record. */
export const useConsistency = () =>
  useQuery({
    queryKey: ['consistency'],
    queryFn: ({ signal }) => api.get<Consistency>('/v1/consistency', { signal, query: { limit: 1000 } }),
    refetchInterval: POLL_MS,
    retry: false,
  });
