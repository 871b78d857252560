import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { STALL_CHANNEL } from './channel';
import type { SentryData } from './sentry.worker';
import { stackOfNow, type Frame } from './stack';

/** A thread that asks the main thread where it is when its loop has stood still for `askAfterMs`. */
export class Sentry {
  private readonly beats = new SharedArrayBuffer(4);
  private readonly counter = new Int32Array(this.beats);
  private worker: Worker | undefined;
  private caught: readonly Frame[] = [];
  private readonly onQuestion = (): void => {
    // The first answer of a stall counts: it is the one that was asked in the middle of it.
    if (this.caught.length === 0) this.caught = stackOfNow();
  };

  /** `onError`: it could not be started, or ended; stalls are noticed all the same, without what caused them. */
  start(askAfterMs: number, onError: (error: unknown) => void): void {
    subscribe(STALL_CHANNEL, this.onQuestion);
    const workerData: SentryData = { beats: this.beats, askAfterMs };
    this.worker = new Worker(path.join(__dirname, 'sentry.worker.js'), { workerData });
    this.worker.on('error', onError).unref();
  }

  /** The loop turns. Returns where it was when it did not, innermost first; empty: nobody asked. */
  tick(): readonly Frame[] {
    Atomics.add(this.counter, 0, 1);
    const { caught } = this;
    this.caught = [];
    return caught;
  }

  async stop(): Promise<void> {
    unsubscribe(STALL_CHANNEL, this.onQuestion);
    await this.worker?.terminate();
  }
}
