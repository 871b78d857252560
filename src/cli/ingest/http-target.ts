import type { ApiClient, Page } from '../client';
import { ApiError } from '../errors';
import { collectionPath } from '../names';
import type { RecordInput, StoredRecord } from '../shapes';
import type { IngestTarget, Surplus } from './target';

const PAGE_SIZE = 1000;
const TIMEOUT_MS = 60_000; // embedding a batch on a busy machine takes longer than the usual two seconds
const RETRIES = 6; // everything here may be repeated: ids follow from the files
const PATHS_PER_DELETE = 500; // a filter holds at most 1,000 values in one list

/** What the ingest itself asks by: which files there are, and what is left over of a file. */
const INDEXES = [
  { field: 'source', type: 'string' },
  { field: 'path', type: 'string' },
  { field: 'chunk', type: 'number' },
];

/** A collection of a running server. */
export class HttpIngestTarget implements IngestTarget {
  constructor(
    private readonly client: ApiClient,
    private readonly collection: string,
    private readonly signal: AbortSignal,
  ) {}

  async prepare(): Promise<void> {
    try {
      await this.call('GET', '');
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.status !== 404) throw error;
      await this.call('PUT', '', { indexes: INDEXES });
    }
  }

  async ingested(source: string): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    const fetchPage = (after: string | undefined): Promise<Page<StoredRecord>> =>
      this.call('POST', '/records/query', {
        filter: { source, chunk: 0 },
        include: ['metadata'],
        limit: PAGE_SIZE,
        ...(after === undefined ? {} : { after }),
      });
    for await (const { metadata } of this.client.pages(fetchPage)) {
      const { path, sha256 } = metadata;
      if (typeof path === 'string' && typeof sha256 === 'string') files.set(path, sha256);
    }
    return files;
  }

  async upsert(records: readonly RecordInput[]): Promise<void> {
    await this.call('PUT', '/records', { records });
  }

  async deleteSurplus(files: readonly Surplus[]): Promise<void> {
    const conditions = files.map(({ path, sha256, count }) => ({
      path,
      $or: [{ sha256: { $ne: sha256 } }, { chunk: { $gte: count } }],
    }));
    await this.call('POST', '/records/delete', { filter: { chunk: { $gt: 0 }, $or: conditions } });
  }

  async deleteFiles(paths: readonly string[]): Promise<void> {
    for (let start = 0; start < paths.length; start += PATHS_PER_DELETE)
      await this.call('POST', '/records/delete', {
        filter: { path: { $in: paths.slice(start, start + PATHS_PER_DELETE) } },
      });
  }

  private call<T>(method: string, rest: string, body?: unknown): Promise<T> {
    return this.client.json<T>(method, collectionPath(this.collection, rest), {
      ...(body === undefined ? {} : { body }),
      timeoutMs: TIMEOUT_MS,
      retries: RETRIES,
      signal: this.signal,
    });
  }
}
