import type { Slice } from '../../memory/browse/memory-browser';
import type { PageQuery } from './schemas';

const DEFAULT_SIZE = 100;

export interface Pages {
  readonly page: number;
  readonly pageSize: number;
  readonly slice: Slice;
}

/** Pages are numbered from 1. */
export const pagesOf = ({
  page = 1,
  page_size: pageSize = DEFAULT_SIZE,
}: Pick<PageQuery, 'page' | 'page_size'>): Pages => ({
  page,
  pageSize,
  slice: { limit: pageSize, offset: (page - 1) * pageSize },
});
