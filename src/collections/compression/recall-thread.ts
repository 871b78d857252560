import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { MeterTask, QueryRanks } from './recall-meter';

export type MeterMessage =
  | { readonly kind: 'page'; readonly ids: readonly string[]; readonly rows: Float32Array<ArrayBuffer> }
  | { readonly kind: 'end' };

/** A recall meter in a separate thread: seconds of arithmetic that must not hold up requests. */
export class RecallThread {
  private readonly worker: Worker;
  private readonly ended = new AbortController();

  constructor(task: MeterTask) {
    this.worker = new Worker(join(__dirname, 'recall.worker.js'), { workerData: task });
    // Kept between the pages, too: an error that nobody listens for would end the process.
    this.worker.on('error', (error) => this.ended.abort(error));
    this.worker.on('exit', () => this.ended.abort(new Error('The measurement ended without a result.')));
  }

  /** Resolves when the page was compared. `rows` is handed over, and of no use to the caller afterwards. */
  async add(ids: readonly string[], rows: Float32Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    this.worker.postMessage({ kind: 'page', ids, rows } satisfies MeterMessage, [rows.buffer]);
    await this.answer(signal);
  }

  async result(signal: AbortSignal): Promise<QueryRanks[]> {
    this.worker.postMessage({ kind: 'end' } satisfies MeterMessage);
    return (await this.answer(signal)) as QueryRanks[];
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private async answer(signal: AbortSignal): Promise<unknown> {
    const over = AbortSignal.any([signal, this.ended.signal]);
    try {
      const [message] = (await once(this.worker, 'message', { signal: over })) as unknown[];
      return message;
    } catch (error) {
      throw over.aborted ? over.reason : error;
    }
  }
}
