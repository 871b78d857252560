import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { api } from '../api/client';
import { ApiError } from '../api/problem';
import type { Service } from './service';
import { unknown } from './unknown';

/** The server answers from memory, so that a dead service is seen within a second. */
const POLL_MS = 500;
/** A poll that hangs must not keep the next from asking. */
const POLL_LIMIT_MS = 4_000;
/** How old the last answer may be before its states count as unknown: after a failed poll, and while none has failed. */
const SILENT_AFTER_ERROR_MS = 1_500;
const SILENT_MS = 6_000;

export interface Services {
  /** As they are now; `unknown` while the server does not answer. `undefined` before the first answer. */
  readonly services: readonly Service[] | undefined;
  /** As the last answer had them. */
  readonly lastKnown: readonly Service[];
  /** When the server last answered, in milliseconds since 1970, where it has stopped answering. */
  readonly silentSince: number | undefined;
  readonly error: Error | null;
  readonly refetch: () => void;
}

/** All five services. Asks only while the page is looked at. */
export function useServices(): Services {
  const { data, error, refetch, dataUpdatedAt } = useQuery({
    queryKey: ['services'],
    queryFn: async ({ signal }): Promise<readonly Service[]> => {
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(POLL_LIMIT_MS)]);
      return (await api.get('/v1/services', { signal: inTime })).data;
    },
    // A key that may not look will not be allowed to in half a second.
    refetchInterval: ({ state: { error: last } }) =>
      last instanceof ApiError && last.status === 403 ? false : POLL_MS,
    staleTime: 0,
    retry: false,
  });
  const age = useAge(dataUpdatedAt);
  const isSilent = data !== undefined && age > (error ? SILENT_AFTER_ERROR_MS : SILENT_MS);
  const services = useMemo(
    () => (isSilent ? data.map((service) => unknown(service, dataUpdatedAt)) : data),
    [isSilent, data, dataUpdatedAt],
  );
  return {
    services,
    lastKnown: data ?? [],
    silentSince: isSilent ? dataUpdatedAt : undefined,
    error,
    refetch: () => void refetch(),
  };
}

/** Milliseconds since a moment, looked at again each second. */
function useAge(since: number): number {
  const [, look] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => look((looks) => looks + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return Date.now() - since;
}
