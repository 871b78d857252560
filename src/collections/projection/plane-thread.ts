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

/** Makes the plane in a thread of its own: a few seconds of arithmetic that no request waits behind. */
export function planeInThread(work: PlaneWork, signal: AbortSignal): Promise<Plane> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(__dirname, 'projection.worker.js'), {
      workerData: work,
      transferList: [work.rows.buffer],
    });
    const ended = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
    const stop = (): void => finish(() => reject(new Error('The projection was given up.', { cause: ended.reason })));
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
