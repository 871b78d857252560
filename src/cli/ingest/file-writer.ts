import pLimit from 'p-limit';
import { asError } from '../../common/as-error';
import type { RecordInput } from '../shapes';
import { ApiError } from '../../client';
import type { IngestTarget } from './target';

/** A file that is ready to be sent. */
export interface PreparedFile {
  readonly path: string;
  readonly sha256: string;
  /** At least one. */
  readonly records: readonly RecordInput[];
}

export interface WriterEvents {
  readonly onWritten: (file: PreparedFile) => void;
  readonly onRefused: (file: PreparedFile, error: Error) => void;
}

const BATCH_RECORDS = 64;
const CONCURRENT_BATCHES = 2;
const GROUPS_IN_FLIGHT = 3;

/**
 * Writes files, small ones together. Record 0 of a file goes last, after its other records are there and those of its
 * earlier version are gone: whoever finds record 0 knows that the file is whole, however often the work broke off.
 */
export class FileWriter {
  private readonly batches = pLimit(CONCURRENT_BATCHES);
  private readonly groups = new Set<Promise<void>>();
  private group: PreparedFile[] = [];
  private failure: Error | undefined;

  constructor(
    private readonly target: IngestTarget,
    private readonly events: WriterEvents,
  ) {}

  /** Takes a file; waits while enough is under way. Throws when the server is gone or refuses the key. */
  async add(file: PreparedFile): Promise<void> {
    this.group.push(file);
    if (sum(this.group) >= BATCH_RECORDS) await this.flush();
  }

  async finish(): Promise<void> {
    await this.flush();
    await Promise.all(this.groups);
    this.throwFailure();
  }

  private async flush(): Promise<void> {
    while (this.groups.size >= GROUPS_IN_FLIGHT) await Promise.race(this.groups);
    this.throwFailure();
    if (this.group.length === 0) return;
    const group = this.group;
    this.group = [];
    const work: Promise<void> = this.writeGroup(group)
      .catch((error: unknown) => void (this.failure ??= asError(error)))
      .finally(() => this.groups.delete(work));
    this.groups.add(work);
  }

  private throwFailure(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /** One refused file must not take its neighbours with it: then each goes alone. */
  private async writeGroup(files: readonly PreparedFile[]): Promise<void> {
    try {
      await this.write(files);
      files.forEach(this.events.onWritten);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const [only] = files;
      if (files.length === 1 && only !== undefined) this.events.onRefused(only, error);
      else for (const file of files) await this.writeGroup([file]);
    }
  }

  private async write(files: readonly PreparedFile[]): Promise<void> {
    await this.upsert(files.flatMap((file) => file.records.slice(1)));
    await this.target.deleteSurplus(
      files.map(({ path, sha256, records }) => ({ path, sha256, count: records.length })),
    );
    await this.upsert(files.flatMap((file) => file.records.slice(0, 1)));
  }

  private async upsert(records: readonly RecordInput[]): Promise<void> {
    const tasks: Promise<void>[] = [];
    for (let start = 0; start < records.length; start += BATCH_RECORDS) {
      const batch = records.slice(start, start + BATCH_RECORDS);
      tasks.push(this.batches(() => this.target.upsert(batch)));
    }
    const settled = await Promise.allSettled(tasks);
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

const sum = (files: readonly PreparedFile[]): number => files.reduce((count, file) => count + file.records.length, 0);

/** The input is at fault (400, 413, 422), so other input may well be accepted. */
const isRefusal = (error: unknown): error is ApiError =>
  error instanceof ApiError && [400, 413, 422].includes(error.status);
