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

  constructor(task: MeterTask) {
    this.worker = new Worker(join(__dirname, 'recall.worker.js'), { workerData: task });
  }

  /** Resolves when the page was compared. `rows` is handed over, and of no use to the caller afterwards. */
  async add(ids: readonly string[], rows: Float32Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    this.worker.postMessage({ kind: 'page', ids, rows } satisfies MeterMessage, [rows.buffer]);
    await once(this.worker, 'message', { signal });
  }

  async result(signal: AbortSignal): Promise<QueryRanks[]> {
    this.worker.postMessage({ kind: 'end' } satisfies MeterMessage);
    const [ranks] = (await once(this.worker, 'message', { signal })) as [QueryRanks[]];
    return ranks;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
