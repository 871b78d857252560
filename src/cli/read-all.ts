import type { ApiClient, Page } from './client';

const PAGE_SIZE = 1000;

/** Every entry of a paged list. */
export async function readAll<T>(client: ApiClient, path: string): Promise<T[]> {
  const entries: T[] = [];
  const page = (after: string | undefined): Promise<Page<T>> =>
    client.json<Page<T>>('GET', path, { query: { limit: PAGE_SIZE, after } });
  for await (const entry of client.pages(page)) entries.push(entry);
  return entries;
}
