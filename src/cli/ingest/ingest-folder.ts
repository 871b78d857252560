import { messageOf } from '../../common/message-of';
import type { Oddity } from '../../common/documents/document';
import { FileWriter, type PreparedFile } from './file-writer';
import { loadFile, readBytes } from './load-file';
import type { LoadOptions } from '../../common/documents/loaders/load-options';
import { recordsOf, type Chunker } from './records';
import type { IngestTarget } from './target';
import { walk, type FoundFile, type Skipped } from './walk';
import { ApiError } from '../../client';

export interface IngestRequest {
  readonly root: string;
  /** The folder's name in the collection: keeps two folders with a README.md apart. */
  readonly source: string;
  readonly target: IngestTarget;
  readonly chunker: Chunker;
  readonly prune: boolean;
  readonly force: boolean;
  readonly maxFileBytes: number;
  readonly load: LoadOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: {
    readonly files: number;
    readonly filesDone: number;
    readonly records: number;
  }) => void;
}

export interface IngestSummary {
  readonly files: {
    readonly found: number;
    readonly ingested: number;
    readonly unchanged: number;
    readonly empty: number;
    readonly failed: number;
    /** Files whose records were removed: gone from the folder, or empty now. */
    readonly removed: number;
    /** Files that are in the collection and no longer in the folder, and were left there. */
    readonly gone: number;
  };
  readonly records: number;
  readonly rows: {
    /** Rows that are not stored, because they are broken. */
    readonly left_out: number;
    /** Rows that are stored though they are not as they should be. */
    readonly odd: number;
  };
  /** The first thousand of both, with what was done with them. */
  readonly odd_rows: readonly OddRow[];
  /** Everything in the folder that was not ingested, by its path in the folder; empty files too. */
  readonly skipped: readonly Skipped[];
  readonly failures: readonly { readonly path: string; readonly message: string }[];
  readonly took_ms: number;
}

export interface OddRow extends Oddity {
  readonly path: string;
}

const MAX_ODD_ROWS = 1_000;

/** Updates a collection from a folder. Broken files are reported and keep their stored state; the rest is processed. */
export async function ingestFolder(request: IngestRequest): Promise<IngestSummary> {
  const startedAt = performance.now();
  const { files, skipped, unread } = await walk(request.root, request.maxFileBytes);
  await request.target.prepare();
  const known = await request.target.ingested(request.source);
  const run = new IngestRun(request, files.length, known);
  for (const file of files) {
    request.signal.throwIfAborted();
    await run.take(file);
  }
  await run.finish(
    new Set(skipped.map(({ path }) => run.pathOf(path))),
    new Set(unread.map((path) => run.pathOf(path))),
  );
  return run.summary(files.length, skipped, performance.now() - startedAt);
}

class IngestRun {
  private readonly failures: { path: string; message: string }[] = [];
  private readonly seen = new Set<string>();
  private readonly emptied: string[] = [];
  private readonly writer: FileWriter;
  private readonly counts = { ingested: 0, unchanged: 0, empty: 0, removed: 0, gone: 0 };
  private readonly oddRows: OddRow[] = [];
  private readonly rows = { left_out: 0, odd: 0 };
  private readonly withoutText: Skipped[] = [];
  private records = 0;

  constructor(
    private readonly request: IngestRequest,
    private readonly total: number,
    private readonly known: ReadonlyMap<string, string>,
  ) {
    this.writer = new FileWriter(request.target, {
      onWritten: (file) => this.written(file),
      onRefused: (file, error) => this.fail(file.path, error),
    });
  }

  pathOf(relative: string): string {
    return `${this.request.source}/${relative}`;
  }

  async take(file: FoundFile): Promise<void> {
    const path = this.pathOf(file.relative);
    this.seen.add(path);
    const prepared = await this.prepare(file, path).catch((error: unknown) => this.fail(path, error));
    if (prepared !== undefined) await this.writer.add(prepared);
    this.report();
  }

  /**
   * `left`: paths that are in the folder though they were not read, so they are not gone; `unread`: those beneath which there
   * may be others.
   */
  async finish(left: ReadonlySet<string>, unread: ReadonlySet<string>): Promise<void> {
    await this.writer.finish();
    const gone = [...this.known.keys()].filter(
      (path) => !this.seen.has(path) && !left.has(path) && !isBeneath(path, unread),
    );
    const removed = this.request.prune ? [...this.emptied, ...gone] : this.emptied;
    await this.request.target.deleteFiles(removed);
    this.counts.removed = removed.length;
    this.counts.gone = this.request.prune ? 0 : gone.length;
  }

  summary(found: number, skipped: readonly Skipped[], tookMs: number): IngestSummary {
    return {
      files: { found, ...this.counts, failed: this.failures.length },
      records: this.records,
      rows: this.rows,
      odd_rows: this.oddRows,
      skipped: [...skipped, ...this.withoutText],
      failures: this.failures,
      took_ms: Math.round(tookMs),
    };
  }

  /** Nothing for a file that needs no sending. */
  private async prepare(file: FoundFile, path: string): Promise<PreparedFile | undefined> {
    const { bytes, sha256 } = await readBytes(file);
    const before = this.known.get(path);
    if (before === sha256 && !this.request.force) {
      this.counts.unchanged += 1;
      return undefined;
    }
    const loaded = await loadFile(file, bytes, this.request.load);
    const identity = { source: this.request.source, path, sha256, file };
    const { records, oddities } = recordsOf(identity, loaded, this.request.chunker);
    this.noteOddities(path, oddities);
    if (records.length > 0) return { path, sha256, records };
    this.counts.empty += 1;
    this.withoutText.push({ path: file.relative, reason: bytes.length === 0 ? 'it is empty' : 'it contains no text' });
    if (before !== undefined) this.emptied.push(path);
    return undefined;
  }

  private noteOddities(path: string, oddities: readonly Oddity[]): void {
    for (const oddity of oddities) {
      this.rows[oddity.left_out ? 'left_out' : 'odd'] += 1;
      if (this.oddRows.length < MAX_ODD_ROWS) this.oddRows.push({ path, ...oddity });
    }
  }

  private written(file: PreparedFile): void {
    this.counts.ingested += 1;
    this.records += file.records.length;
    this.report();
  }

  private fail(path: string, error: unknown): undefined {
    this.failures.push({ path, message: reasonOf(error) });
    return undefined;
  }

  private report(): void {
    const { ingested, unchanged, empty } = this.counts;
    const filesDone = ingested + unchanged + empty + this.failures.length;
    this.request.onProgress({ files: this.total, filesDone, records: this.records });
  }
}

function isBeneath(path: string, folders: ReadonlySet<string>): boolean {
  if (folders.size === 0) return false;
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    if (folders.has(path.slice(0, end))) return true;
  return false;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError)) return messageOf(error);
  const [fault] = error.errors;
  return fault === undefined ? error.message : `${error.message} ${fault.path}: ${fault.message}`;
}
