import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import type { Service, ServiceName, ServiceTransition } from './service';

const PER_SERVICE = 50;
const POLL_MS = 5_000;

/** The latest changes of all services, newest first: stored ones, and those too new to be stored yet. */
export function useTransitions(services: readonly Service[]): readonly ServiceTransition[] {
  const enabled = services.filter(({ state, last_probe }) => state !== 'disabled' || last_probe !== null);
  const names = enabled.map(({ name }) => name);
  const { data = [] } = useQuery({
    // A change of any state asks at once.
    queryKey: ['transitions', enabled.map(({ name, since }) => `${name} ${since}`).join()],
    queryFn: async ({ signal }) => (await Promise.all(names.map((name) => history(name, signal)))).flat(),
    enabled: names.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: POLL_MS,
    retry: false,
  });
  return merged(data, enabled);
}

async function history(service: ServiceName, signal: AbortSignal): Promise<ServiceTransition[]> {
  const query = { limit: PER_SERVICE };
  const { data } = await api.get('/v1/services/{service}/history', { path: { service }, signal, query });
  return data.map((transition) => ({ ...transition, service }));
}

function merged(stored: readonly ServiceTransition[], services: readonly Service[]): readonly ServiceTransition[] {
  const unstored = services.flatMap((service): ServiceTransition[] => {
    const last = stored.find((transition) => transition.service === service.name);
    if (last === undefined || last.to === service.state || last.at >= service.since) return [];
    const { name, state: to, since: at, reason } = service;
    return [{ service: name, from: last.to, to, at, reason, replica: '' }];
  });
  return [...unstored, ...stored].sort((a, b) => b.at.localeCompare(a.at));
}
