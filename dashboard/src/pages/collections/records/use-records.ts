import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/client';
import type { Filter } from '../types';

export interface Sort {
  readonly field: string;
  readonly order: 'asc' | 'desc';
}

interface Request {
  readonly filter: Filter | undefined;
  readonly sort: Sort;
  readonly after: string | undefined;
}

const PAGE = 25;

/** A page of the records that the filter selects. */
export const useRecords = (collection: string, { filter, sort, after }: Request) =>
  useQuery({
    queryKey: ['collections', 'records', collection, filter, sort, after],
    queryFn: ({ signal }) =>
      api.post('/v1/collections/{collection}/records/query', {
        path: { collection },
        body: { filter, sort: [sort], after, limit: PAGE },
        signal,
      }),
    placeholderData: keepPreviousData,
  });

export const useRecordCount = (collection: string, filter: Filter | undefined) =>
  useQuery({
    queryKey: ['collections', 'records', collection, 'count', filter],
    queryFn: async ({ signal }) => {
      const options = { path: { collection }, body: { filter }, signal };
      return (await api.post('/v1/collections/{collection}/records/count', options)).count;
    },
  });

/** One record with everything it has. */
export const useRecord = (collection: string, id: string | undefined) =>
  useQuery({
    queryKey: ['collections', 'record', collection, id],
    queryFn: ({ signal }) =>
      api.get('/v1/collections/{collection}/records/{id}', { path: { collection, id: id ?? '' }, signal }),
    enabled: id !== undefined,
  });

/** What is shown of the collection's records is read again: `everything`, or (`lists`) all but the opened record. */
export function useRefreshRecords(collection: string): (what: 'everything' | 'lists') => Promise<void> {
  const client = useQueryClient();
  return async (what) => {
    const kinds = ['records', 'one', 'fields', ...(what === 'everything' ? ['record'] : [])];
    await Promise.all(kinds.map((kind) => client.invalidateQueries({ queryKey: ['collections', kind, collection] })));
  };
}
