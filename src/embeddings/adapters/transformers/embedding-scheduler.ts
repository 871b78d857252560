import { setImmediate as nextTurn } from 'node:timers/promises';
import { EmbeddingJob, type TextWindow } from './embedding-job';
import { isInteractive } from './interactive';
import type { SentenceEncoder } from './sentence-encoder';

/**
 * A batch is bounded by its padded tokens, because a pass can't be interrupted: this is how long a search may have to
 * wait for the bulk batch before it. Larger batches were measured not to be faster, only to need more memory.
 */
const BATCH_TOKENS = 320;

/** After this many interactive batches in a row one bulk batch is run, so that searches never starve an import. */
const INTERACTIVE_RUN = 8;

export type Settle = (error: unknown, vectors?: Float32Array<ArrayBuffer>) => void;

/**
 * Decides which windows go through the model next: the small requests first, merged with each other; then the large
 * ones in turn, one small batch each.
 */
export class EmbeddingScheduler {
  private readonly interactive = new Map<number, EmbeddingJob>();
  private readonly bulk = new Map<number, EmbeddingJob>();
  private readonly settlers = new Map<number, Settle>();
  private interactiveRun = 0;
  private isRunning = false;

  constructor(private readonly encoder: SentenceEncoder) {}

  /** Queues a request; `settle` is called once, unless the request is cancelled. */
  submit(id: number, texts: readonly string[], settle: Settle): void {
    const lane = isInteractive(texts) ? this.interactive : this.bulk;
    lane.set(id, new EmbeddingJob(id, texts, this.encoder));
    this.settlers.set(id, settle);
    if (!this.isRunning) void this.drain();
  }

  cancel(id: number): void {
    this.interactive.delete(id);
    this.bulk.delete(id);
    this.settlers.delete(id);
  }

  private async drain(): Promise<void> {
    this.isRunning = true;
    // Requests that arrived in the same turn are merged, and between two batches new ones are let in.
    await nextTurn();
    while (this.settlers.size > 0) {
      await this.runBatch();
      await nextTurn();
    }
    this.isRunning = false;
  }

  private async runBatch(): Promise<void> {
    let batch: readonly TextWindow[] = [];
    let jobs: ReadonlySet<EmbeddingJob> = new Set();
    try {
      const candidates = this.nextJobs();
      jobs = new Set(candidates);
      batch = takeBatch(candidates, this.encoder.batchWindows);
      jobs = new Set(batch.map((window) => window.job));
      const vectors = await this.encoder.run(batch.map((window) => window.tokens));
      batch.forEach((window, index) => window.job.add(window, vectors[index] as Float32Array));
    } catch (error) {
      for (const job of jobs) this.settle(job, error);
      return;
    }
    for (const job of jobs) if (job.isDone) this.settle(job, undefined);
  }

  private nextJobs(): readonly EmbeddingJob[] {
    const isBulksTurn = this.interactive.size === 0 || (this.interactiveRun >= INTERACTIVE_RUN && this.bulk.size > 0);
    this.interactiveRun = isBulksTurn ? 0 : this.interactiveRun + 1;
    if (!isBulksTurn) return [...this.interactive.values()].slice(0, this.encoder.batchWindows);
    const [first] = this.bulk.values();
    if (first === undefined) return [];
    this.bulk.delete(first.id);
    this.bulk.set(first.id, first);
    return [first];
  }

  private settle(job: EmbeddingJob, error: unknown): void {
    const settle = this.settlers.get(job.id);
    this.cancel(job.id);
    if (error === undefined) settle?.(undefined, job.result());
    else settle?.(error);
  }
}

/** The first window is always taken, so that a window larger than the bound passes alone. */
function takeBatch(jobs: readonly EmbeddingJob[], maxWindows: number): TextWindow[] {
  let longest = 0;
  let count = 0;
  const fits = (window: TextWindow): boolean => {
    const width = Math.max(longest, window.tokens.length);
    if (count > 0 && (count >= maxWindows || (count + 1) * width > BATCH_TOKENS)) return false;
    longest = width;
    count++;
    return true;
  };
  return jobs.flatMap((job) => job.take(fits));
}
