import type { ZeroDbClient } from './client';
import { linesOf } from './lines';
import type { Body } from './operations';
import type { ImportReport, StoredRecord } from './shapes';

/** A record as it is stored: an id, a text or a vector, metadata. */
export type RecordInput = Body<'put', '/v1/collections/{collection}/records'>['records'][number];

export interface ImportOptions {
  /** `stop` ends at the first faulty line. Default: `continue`, which counts them. */
  readonly onError?: 'continue' | 'stop';
  /** What is stored so far, after each request. */
  readonly onProgress?: (soFar: ImportReport) => void;
  readonly signal?: AbortSignal;
}

const LINES = 1_000;
const CHARACTERS = 4 * 1024 * 1024;
const MOST_ERRORS = 100;
/** A chunk may have to be embedded. */
const CHUNK_MS = 600_000;

/**
 * Stores records from any iterable, in bounded memory, in requests of at most 1,000 lines, each committed when it is answered.
 * A request whose outcome is not known is not repeated: it might overwrite what others wrote since. Line numbers in `errors`
 * count from 1 over the whole import; the first hundred errors are kept.
 */
export async function importRecords(
  client: ZeroDbClient,
  collection: string,
  records: Iterable<RecordInput> | AsyncIterable<RecordInput>,
  { onError = 'continue', onProgress, signal }: ImportOptions = {},
): Promise<ImportReport> {
  const total = { imported: 0, failed: 0, errors: [] as ImportReport['errors'][number][] };
  let sent = 0;
  for await (const lines of chunksOf(records)) {
    const report = await client.post('/v1/collections/{collection}/import', {
      path: { collection },
      query: { on_error: onError },
      stream: { body: new Blob(lines), contentType: 'application/x-ndjson' },
      silenceMs: CHUNK_MS,
      ...(signal && { signal }),
    });
    add(total, report as ImportReport, sent);
    sent += lines.length;
    onProgress?.(total);
    if (onError === 'stop' && total.failed > 0) break;
  }
  return total;
}

function add(
  total: { imported: number; failed: number; errors: ImportReport['errors'][number][] },
  { imported, failed, errors }: ImportReport,
  linesBefore: number,
): void {
  total.imported += imported;
  total.failed += failed;
  for (const error of errors) {
    if (total.errors.length < MOST_ERRORS) total.errors.push({ ...error, line: error.line + linesBefore });
  }
}

async function* chunksOf(
  records: Iterable<RecordInput> | AsyncIterable<RecordInput>,
): AsyncGenerator<string[], void, undefined> {
  let lines: string[] = [];
  let length = 0;
  for await (const record of records) {
    const line = `${JSON.stringify(record)}\n`;
    if (lines.length > 0 && (lines.length >= LINES || length + line.length > CHARACTERS)) {
      yield lines;
      [lines, length] = [[], 0];
    }
    lines.push(line);
    length += line.length;
  }
  if (lines.length > 0) yield lines;
}

/** Every record with its vector, in the order of ids. A connection that breaks rejects: an export is whole or an error. */
export async function* exportRecords(
  client: ZeroDbClient,
  collection: string,
  options: { readonly vectorFormat?: 'array' | 'base64'; readonly signal?: AbortSignal } = {},
): AsyncGenerator<StoredRecord, void, undefined> {
  const { vectorFormat, signal } = options;
  const own = new AbortController();
  const forward = (): void => own.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  if (signal?.aborted === true) forward();
  try {
    yield* exported(client, collection, vectorFormat, own.signal);
  } finally {
    signal?.removeEventListener('abort', forward);
  }
}

async function* exported(
  client: ZeroDbClient,
  collection: string,
  vectorFormat: 'array' | 'base64' | undefined,
  signal: AbortSignal,
): AsyncGenerator<StoredRecord, void, undefined> {
  const response = await client.stream('/v1/collections/{collection}/export', {
    path: { collection },
    query: { ...(vectorFormat && { vector_format: vectorFormat }) },
    signal,
  });
  for await (const line of linesOf(response, signal)) if (line !== '') yield JSON.parse(line) as StoredRecord;
}
