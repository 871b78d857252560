import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';

const LIST_LIMIT = 50;
/** Records are counted for it, which a large collection feels. */
const LIST_MS = 10_000;
const COPIES_MS = 10_000;

export const useCollections = (after: string | undefined) =>
  useQuery({
    queryKey: ['collections', 'list', after],
    queryFn: ({ signal }) => api.get('/v1/collections', { signal, query: { limit: LIST_LIMIT, after } }),
    refetchInterval: LIST_MS,
  });

/** The copies of the same page of collections: both lists have one order and one kind of cursor. */
export const useCopies = (after: string | undefined) =>
  useQuery({
    queryKey: ['collections', 'copies', after],
    queryFn: ({ signal }) => api.get('/v1/consistency', { signal, query: { limit: LIST_LIMIT, after } }),
    refetchInterval: COPIES_MS,
  });

export const useCollection = (name: string) =>
  useQuery({
    queryKey: ['collections', 'one', name],
    queryFn: ({ signal }) => api.get('/v1/collections/{collection}', { path: { collection: name }, signal }),
    refetchInterval: LIST_MS,
  });

/** A collection's copy; `null` where nothing follows the record. */
export const useCopy = (name: string) =>
  useQuery({
    queryKey: ['collections', 'copy', name],
    queryFn: async ({ signal }) => {
      const copies = await api.get('/v1/consistency', { signal, query: { collection: name } });
      if (copies.follower === null) return null;
      return copies.data[0] ?? null;
    },
    refetchInterval: COPIES_MS,
  });
