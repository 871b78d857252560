import { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import path from 'node:path';
import { BatchReader } from './batch-reader';
import { isControl, type WorkerAnswer, type WorkerOptions } from './worker-messages';
import { STARTUP_ANSWER } from './startup-answer';

/**
 * What a `pg` client takes for its socket: bytes written are cut into whole batches and posted to the worker, its answers
 * are read. Destroying it ends the worker; its exit ends the stream.
 */
export class WorkerStream extends Duplex {
  private readonly worker: Worker;
  private readonly batches = new BatchReader();
  private onClosed: (() => void) | undefined;
  /** Resolves when the thread is gone, and the folder with it free for another. */
  readonly gone: Promise<void>;

  constructor(options: WorkerOptions) {
    super({ allowHalfOpen: false });
    this.worker = new Worker(path.join(__dirname, 'pglite.worker.js'), { workerData: options });
    this.worker.on('message', (message: WorkerAnswer) => this.receive(message));
    this.worker.on('error', (error) => this.destroy(error));
    this.gone = new Promise((resolve) => {
      this.worker.on('exit', (code) => {
        this.exited(code);
        resolve();
      });
    });
  }

  /** Called by `pg`: the worker is already on its way, `connect` is emitted when it is ready. */
  connect(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** Checkpoints, closes the engine and ends the worker. */
  shutDown(): Promise<void> {
    return new Promise((resolve) => {
      this.onClosed = resolve;
      this.worker.postMessage('close');
    });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    for (const batch of this.batches.push(chunk)) {
      if (batch === 'startup') this.push(STARTUP_ANSWER);
      else this.worker.postMessage(batch, [batch.buffer as ArrayBuffer]);
    }
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.push(null);
    done();
  }

  override _read(): void {
    // Answers are pushed as they come; there is one at a time.
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.worker.terminate().then(
      () => done(error),
      () => done(error),
    );
  }

  private receive(message: WorkerAnswer): void {
    if (!isControl(message)) this.push(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
    else if (message === 'ready') this.emit('connect');
  }

  private exited(code: number): void {
    this.onClosed?.();
    this.destroy(
      this.onClosed ? undefined : new Error(`Connection terminated: the embedded Postgres stopped (${code})`),
    );
  }
}
