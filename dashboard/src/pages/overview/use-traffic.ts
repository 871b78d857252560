import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { snapshotOf, type Snapshot } from './traffic';

const KEY = ['traffic'];
const POLL_MS = 2_000;
/** Ten minutes. */
const MAX_SAMPLES = 300;

/** The counters of this process, every two seconds; the last ten minutes of them. */
export function useTraffic(): readonly Snapshot[] {
  const client = useQueryClient();
  const { data = [] } = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }): Promise<readonly Snapshot[]> => {
      const response = await api.stream('/metrics', { signal });
      const snapshot = snapshotOf(await response.text(), Date.now());
      const before = client.getQueryData<readonly Snapshot[]>(KEY) ?? [];
      return [...before.slice(1 - MAX_SAMPLES), snapshot];
    },
    refetchInterval: POLL_MS,
    structuralSharing: false,
    staleTime: 0,
    gcTime: Infinity,
    retry: false,
  });
  return data;
}
