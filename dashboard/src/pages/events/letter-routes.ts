import { api } from '../../api/client';
import type { DeadLetter, Page } from '../../api/types';

/** Where the dead letters of a topic or a subscription are read, replayed and given up. */
export interface LetterRoutes {
  /** Tells these letters from others in the cache. */
  readonly key: string;
  readonly list: (
    query: { limit: number; after: string | undefined },
    signal: AbortSignal,
  ) => Promise<Page<DeadLetter>>;
  readonly replay: (id: string) => Promise<undefined>;
  readonly drop: (id: string) => Promise<undefined>;
}

const OF_TOPIC = '/v1/topics/{topic}/dead-letters';
const OF_SUBSCRIPTION = '/v1/subscriptions/{name}/dead-letters';

export const lettersOfTopic = (topic: string): LetterRoutes => ({
  key: `topic ${topic}`,
  list: (query, signal) => api.get(OF_TOPIC, { path: { topic }, query, signal }),
  replay: (id) => api.post(`${OF_TOPIC}/{id}/replay`, { path: { topic, id } }),
  drop: (id) => api.delete(`${OF_TOPIC}/{id}`, { path: { topic, id } }),
});

export const lettersOfSubscription = (name: string): LetterRoutes => ({
  key: `subscription ${name}`,
  list: (query, signal) => api.get(OF_SUBSCRIPTION, { path: { name }, query, signal }),
  replay: (id) => api.post(`${OF_SUBSCRIPTION}/{id}/replay`, { path: { name, id } }),
  drop: (id) => api.delete(`${OF_SUBSCRIPTION}/{id}`, { path: { name, id } }),
});
