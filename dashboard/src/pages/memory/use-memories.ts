import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import { api } from '../../api/client';
import type { MemoryScope } from './scope';
import type { Memory } from './types';

export interface MemoryFilter {
  readonly kind: Memory['kind'] | null;
  /** RFC 3339: what was valid then. Now when empty. */
  readonly asOf: string | undefined;
  readonly withSuperseded: boolean;
}

const PAGE_SIZE = 100;

/** The memories of a scope, newest first, page by page. */
export const useMemories = (scope: MemoryScope, { kind, asOf, withSuperseded }: MemoryFilter) =>
  useInfiniteQuery({
    queryKey: ['memory', 'list', scope, kind, asOf, withSuperseded],
    queryFn: ({ signal, pageParam }) =>
      api.get('/v1/memories', {
        signal,
        query: {
          ...scope,
          kind: kind ?? undefined,
          as_of: withSuperseded ? undefined : asOf,
          include_superseded: withSuperseded ? 'true' : 'false',
          limit: PAGE_SIZE,
          after: pageParam,
        },
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** Undo and forget; whatever is shown of memories is read again. */
export const useMemoryChanges = () => {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ['memory'] });
  return {
    undo: async (id: string): Promise<void> => {
      await api.post('/v1/memories/{id}/undo', { path: { id } });
      notifications.show({ message: 'The last change was taken back.' });
      await refresh();
    },
    forget: async (id: string): Promise<void> => {
      await api.delete('/v1/memories/{id}', { path: { id } });
      notifications.show({ message: 'The memory is gone, with the facts learned from it.' });
      await refresh();
    },
  };
};
