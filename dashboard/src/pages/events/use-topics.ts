import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import type { CountedTopic } from './types';

const PAGE_SIZE = 100;
/** How often the counts of a topic that is looked at are read. */
const COUNTS_MS = 3_000;

export const useTopics = () =>
  useInfiniteQuery({
    queryKey: ['events', 'topics'],
    queryFn: ({ signal, pageParam }) =>
      api.get('/v1/topics', { signal, query: { limit: PAGE_SIZE, after: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const useTopic = (name: string) =>
  useQuery({
    queryKey: ['events', 'topic', name],
    queryFn: ({ signal }) => topicOf(name, signal),
    refetchInterval: COUNTS_MS,
  });

export const topicOf = (name: string, signal: AbortSignal): Promise<CountedTopic> =>
  api.get('/v1/topics/{topic}', { path: { topic: name }, signal });
