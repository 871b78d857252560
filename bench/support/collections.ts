import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient } from './http-client';

export interface BenchRecord {
  readonly id: string;
  readonly vector?: readonly number[] | string;
  readonly text?: string;
  readonly metadata?: Record<string, unknown>;
}

interface SearchAnswer {
  readonly results: readonly { readonly id: string; readonly score: number }[];
}

/** Vectors travel as base64 of little-endian float32, the shorter of the two forms. */
export const toBase64 = (vector: Float32Array): string =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');

/** Writes in batches at one client; gives the seconds it took. */
export async function insertAll(
  client: HttpClient,
  collection: string,
  count: number,
  batch: number,
  record: (row: number) => BenchRecord,
): Promise<number> {
  const startedAt = performance.now();
  for (let from = 0; from < count; from += batch) {
    const records = Array.from({ length: Math.min(batch, count - from) }, (_, index) => record(from + index));
    await client.call('PUT', `/v1/collections/${collection}/records`, { records });
  }
  return (performance.now() - startedAt) / 1000;
}

/** Waits until the vector index holds every record; gives the seconds it took. */
export async function untilIndexed(client: HttpClient, collection: string, timeoutMs: number): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    type Progress = { records: number; indexed: number };
    const { records, indexed } = await client.call<Progress>('GET', `/v1/collections/${collection}`);
    const elapsedMs = performance.now() - startedAt;
    // The builder leaves a short tail, which is scanned exactly.
    if (indexed >= records * 0.99) return elapsedMs / 1000;
    if (elapsedMs > timeoutMs) throw new Error(`${collection}: ${indexed} of ${records} records are indexed`);
    await sleep(500);
  }
}

export async function searchIds(client: HttpClient, collection: string, body: unknown): Promise<string[]> {
  const { results } = await client.call<SearchAnswer>('POST', `/v1/collections/${collection}/search`, body);
  return results.map(({ id }) => id);
}

/** The share of the true ones that were found. */
export const recall = (found: readonly string[], truth: readonly string[]): number =>
  truth.length === 0 ? 1 : truth.filter((id) => found.includes(id)).length / truth.length;
