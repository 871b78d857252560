import { QueryClient } from '@tanstack/react-query';
import { isPassing } from './api/problem';
import { currentSession, subscribeSession } from './session/session';

const RETRIES = 2;

/** Repeats what may pass by itself, and only that. A refused key is the client's affair: it waits for another. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < RETRIES && isPassing(error),
      staleTime: 5_000,
      gcTime: 60_000,
      refetchOnWindowFocus: true,
      // "offline" by the browser's word is no reason: ZeroDB may well run on this very machine.
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

let project: string | undefined;

// Before anything is drawn anew: what was read of one project, or by one key, is not for the next.
subscribeSession(() => {
  const now = currentSession()?.project;
  if (now === project) return;
  project = now;
  if (now === undefined) queryClient.clear();
  else queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'projects' });
});
