/** The query of a list that is read to its end. */
export const LARGE_PAGES = { limit: 1000 } as const;

/** Every entry of a paged list. */
export async function readAll<T>(list: AsyncIterable<T>): Promise<T[]> {
  const entries: T[] = [];
  for await (const entry of list) entries.push(entry);
  return entries;
}
