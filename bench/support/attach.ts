import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient } from './http-client';

interface Served {
  readonly served_by: string;
}

/** Waits until searches of the collection are served by Qdrant: copied, compared, taken over. Gives the seconds. */
export async function untilServedByQdrant(
  client: HttpClient,
  collection: string,
  search: unknown,
  timeoutMs: number,
): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const { served_by: by } = await client.call<Served>('POST', `/v1/collections/${collection}/search`, search);
    const elapsedMs = performance.now() - startedAt;
    if (by === 'qdrant') return elapsedMs / 1000;
    if (elapsedMs > timeoutMs) throw new Error(`${collection} is not served by Qdrant after ${timeoutMs} ms`);
    await sleep(250);
  }
}
