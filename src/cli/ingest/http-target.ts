import { ApiError, pages, type Body, type ZeroDbClient } from '../../client';
import type { RecordInput } from '../shapes';
import type { IngestTarget, Surplus } from './target';

const PAGE_SIZE = 1000;
const TIMEOUT_MS = 60_000; // embedding a batch on a busy machine takes longer than the usual two seconds
const RETRIES = 6; // everything here may be repeated: ids follow from the files
const PATHS_PER_DELETE = 500; // a filter holds at most 1,000 values in one list

/** What the ingest itself asks by: which files there are, and what is left over of a file. */
const INDEXES: Body<'put', '/v1/collections/{collection}'>['indexes'] = [
  { field: 'source', type: 'string' },
  { field: 'path', type: 'string' },
  { field: 'chunk', type: 'number' },
];

/** A collection of a running server. */
export class HttpIngestTarget implements IngestTarget {
  private readonly options;

  constructor(
    private readonly client: ZeroDbClient,
    collection: string,
    signal: AbortSignal,
  ) {
    this.options = { path: { collection }, timeoutMs: TIMEOUT_MS, retries: RETRIES, repeatable: true, signal };
  }

  async prepare(): Promise<void> {
    try {
      await this.client.get('/v1/collections/{collection}', this.options);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      await this.client.put('/v1/collections/{collection}', { ...this.options, body: { indexes: INDEXES } });
    }
  }

  async ingested(source: string): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    const query = { filter: { source, chunk: 0 }, include: ['metadata' as const], limit: PAGE_SIZE };
    const records = pages((after) =>
      this.client.post('/v1/collections/{collection}/records/query', {
        ...this.options,
        body: { ...query, ...(after === undefined ? {} : { after }) },
      }),
    );
    for await (const { metadata = {} } of records) {
      const { path, sha256 } = metadata;
      if (typeof path === 'string' && typeof sha256 === 'string') files.set(path, sha256);
    }
    return files;
  }

  async upsert(records: readonly RecordInput[]): Promise<void> {
    await this.client.put('/v1/collections/{collection}/records', { ...this.options, body: { records } });
  }

  async deleteSurplus(files: readonly Surplus[]): Promise<void> {
    const conditions = files.map(({ path, sha256, count }) => ({
      path,
      $or: [{ sha256: { $ne: sha256 } }, { chunk: { $gte: count } }],
    }));
    await this.delete({ chunk: { $gt: 0 }, $or: conditions });
  }

  async deleteFiles(paths: readonly string[]): Promise<void> {
    for (let start = 0; start < paths.length; start += PATHS_PER_DELETE)
      await this.delete({ path: { $in: paths.slice(start, start + PATHS_PER_DELETE) } });
  }

  private async delete(filter: Readonly<Record<string, unknown>>): Promise<void> {
    await this.client.post('/v1/collections/{collection}/records/delete', { ...this.options, body: { filter } });
  }
}
