import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import type { StoredFile } from './types';

const PAGE_SIZE = 100;

export const useBuckets = () =>
  useInfiniteQuery({
    queryKey: ['files', 'buckets'],
    queryFn: ({ signal, pageParam }) =>
      api.get('/v1/buckets', { signal, query: { limit: PAGE_SIZE, after: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const useBucket = (name: string) =>
  useQuery({
    queryKey: ['files', 'bucket', name],
    queryFn: ({ signal }) => api.get('/v1/buckets/{bucket}', { path: { bucket: name }, signal }),
  });

/** One level of a bucket, page by page. */
export const useFolder = (bucket: string, prefix: string) =>
  useInfiniteQuery({
    queryKey: ['files', 'folder', bucket, prefix],
    queryFn: ({ signal, pageParam }) =>
      api.get('/v1/buckets/{bucket}/folder', {
        path: { bucket },
        signal,
        query: { prefix, limit: PAGE_SIZE, after: pageParam },
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** How long the address of a download works: it is used at once. */
const DOWNLOAD_SECONDS = 60;

/** Changes to files and buckets; what is shown of them is read again. */
export const useFileChanges = () => {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ['files'] });
  return {
    refresh,
    deleteFile: async ({ bucket, key }: StoredFile): Promise<void> => {
      await api.delete('/v1/files/{bucket}/{key}', { path: { bucket, key } });
      await refresh();
    },
    deleteBucket: async (name: string): Promise<void> => {
      await api.delete('/v1/buckets/{bucket}', { path: { bucket: name }, query: { force: 'true' } });
      // What is in it is still on the screen, and must not be asked for again.
      await client.invalidateQueries({ queryKey: ['files', 'buckets'] });
    },
  };
};

/** Makes the browser download a file of any size, through a URL that is signed for a minute. */
export const download = async ({ bucket, key }: StoredFile): Promise<void> => {
  const body = { key, expires_in: DOWNLOAD_SECONDS };
  const { url } = await api.post('/v1/files/{bucket}/presign', { path: { bucket }, body });
  const link = document.createElement('a');
  link.href = `${url}&download=1`;
  link.download = '';
  link.click();
};
