import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { keyPath, path } from '../../api/path';
import type { Page } from '../../api/types';
import type { Bucket, FolderPage, StoredFile } from './types';

const PAGE_SIZE = 100;

export const useBuckets = () =>
  useInfiniteQuery({
    queryKey: ['files', 'buckets'],
    queryFn: ({ signal, pageParam }) =>
      api.get<Page<Bucket>>('/v1/buckets', { signal, query: { limit: PAGE_SIZE, after: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const useBucket = (name: string) =>
  useQuery({
    queryKey: ['files', 'bucket', name],
    queryFn: ({ signal }) => api.get<Bucket>(path`/v1/buckets/${name}`, { signal }),
  });

/** One level of a bucket, page by page. */
export const useFolder = (bucket: string, prefix: string) =>
  useInfiniteQuery({
    queryKey: ['files', 'folder', bucket, prefix],
    queryFn: ({ signal, pageParam }) =>
      api.get<FolderPage>(path`/v1/buckets/${bucket}/folder`, {
        signal,
        query: { prefix, limit: PAGE_SIZE, after: pageParam },
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const filePath = (bucket: string, key: string): string => `${path`/v1/files/${bucket}`}/${keyPath(key)}`;

/** How long the address of a download works: it is used at once. */
const DOWNLOAD_SECONDS = 60;

/** Changes to files and buckets; what is shown of them is read again. */
export const useFileChanges = () => {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ['files'] });
  return {
    refresh,
    deleteFile: async ({ bucket, key }: StoredFile): Promise<void> => {
      await api.delete(filePath(bucket, key));
      await refresh();
    },
    deleteBucket: async (name: string): Promise<void> => {
      await api.delete(path`/v1/buckets/${name}`, { query: { force: true } });
      // What is in it is still on the screen, and must not be asked for again.
      await client.invalidateQueries({ queryKey: ['files', 'buckets'] });
    },
  };
};

/** Lets the browser download a file of any size by itself, with an address that is signed for a minute. */
export const download = async ({ bucket, key }: StoredFile): Promise<void> => {
  const body = { key, expires_in: DOWNLOAD_SECONDS };
  const { url } = await api.post<{ readonly url: string }>(path`/v1/files/${bucket}/presign`, body);
  const link = document.createElement('a');
  link.href = `${url}&download=1`;
  link.download = '';
  link.click();
};
