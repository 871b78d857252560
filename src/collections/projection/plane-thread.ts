import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Plane } from './pca';

/** What a plane is made of. `rows` is handed over, and of no use to the caller afterwards. */
export interface PlaneWork {
  readonly rows: Float32Array<ArrayBuffer>;
  readonly dimension: number;
  readonly directionsOnly: boolean;
}

const LONGEST_MS = 60_000;

/** Computes the plane in a separate thread: a few seconds of arithmetic that must not block requests. */
export function planeInThread(work: PlaneWork, signal: AbortSignal): Promise<Plane> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(__dirname, 'projection.worker.js'), {
      workerData: work,
      transferList: [work.rows.buffer],
    });
    const ended = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
    const stop = (): void => finish(() => reject(new Error('The projection was cancelled.', { cause: ended.reason })));
    const finish = (settle: () => void): void => {
      ended.removeEventListener('abort', stop);
      settle();
      void worker.terminate();
    };
    worker.once('message', (plane: Plane) => finish(() => resolve(plane)));
    worker.once('error', (error) => finish(() => reject(error)));
    worker.once('exit', () => finish(() => reject(new Error('The projection ended without a result.'))));
    if (ended.aborted) stop();
    else ended.addEventListener('abort', stop);
  });
}
