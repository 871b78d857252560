import { QueryClient } from '@tanstack/react-query';
import { isPassing } from './api/problem';
import { currentSession, subscribeSession } from './session/session';

const RETRIES = 2;

/** Retries only temporary faults. A refused key is handled by the client, which waits for another one. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < RETRIES && isPassing(error),
      staleTime: 5_000,
      gcTime: 60_000,
      refetchOnWindowFocus: true,
      // Ignores the browser's "offline": ZeroDB may run on this machine.
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

let project: string | undefined;

// Before the next render: data of one project, or one key, must not be shown for another.
subscribeSession(() => {
  const now = currentSession()?.project;
  if (now === project) return;
  project = now;
  if (now === undefined) queryClient.clear();
  else queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'projects' });
});
