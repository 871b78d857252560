import { Duplex } from 'node:stream';
import { Worker, type ResourceLimits } from 'node:worker_threads';
import path from 'node:path';
import { BatchReader } from './batch-reader';
import { isControl, type WorkerAnswer, type WorkerData, type WorkerOptions } from './worker-messages';
import { STARTUP_ANSWER } from './startup-answer';
import { describeFigures, newFigures, readFigures, type WorkerFigures } from './worker-figures';

/**
 * Many times the heap that the thread needs; Postgres' memory and the answers are outside of it. A leak then ends this
 * thread with a clear error, before it stalls the process.
 */
const LIMITS: ResourceLimits = { maxOldGenerationSizeMb: 512 };

/**
 * Acts as the socket of a `pg` client: posts written bytes to the worker in whole batches, and reads its answers.
 * Destroying the stream ends the worker; the worker's exit ends the stream.
 */
export class WorkerStream extends Duplex {
  private readonly worker: Worker;
  private readonly died: (why: string) => void;
  private readonly batches = new BatchReader();
  private readonly shared = newFigures();
  private onClosed: (() => void) | undefined;
  private cause: Error | undefined;
  /** Resolves when the thread has ended and the folder is free. */
  readonly gone: Promise<void>;

  /** Calls `died` with the reason when the worker ends unexpectedly. */
  constructor(options: WorkerOptions, died: (why: string) => void, resourceLimits: ResourceLimits = LIMITS) {
    super({ allowHalfOpen: false });
    const workerData: WorkerData = { ...options, figures: this.shared };
    this.worker = new Worker(path.join(__dirname, 'pglite.worker.js'), { workerData, resourceLimits });
    this.died = died;
    this.worker.on('message', (message: WorkerAnswer) => this.receive(message));
    // The exit event follows and ends the stream.
    this.worker.on('error', (error) => (this.cause = error));
    this.gone = new Promise((resolve) => {
      this.worker.on('exit', (code) => {
        this.exited(code);
        resolve();
      });
    });
  }

  /** Called by `pg`. The worker is already starting; `connect` is emitted when it is ready. */
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
    // Answers are pushed as they arrive, one at a time.
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

  /** The worker's latest memory figures. */
  get figures(): WorkerFigures {
    return readFigures(this.shared);
  }

  private exited(code: number): void {
    const isAsked = this.onClosed !== undefined || (this.destroyed && this.cause === undefined);
    this.onClosed?.();
    if (!isAsked) this.died(this.reason(code));
    this.destroy(
      this.onClosed
        ? undefined
        : new Error(`Connection terminated: the embedded Postgres stopped (${code})`, { cause: this.cause }),
    );
  }

  private reason(code: number): string {
    const { name, message, code: kind } = (this.cause ?? {}) as Partial<NodeJS.ErrnoException>;
    const cause = this.cause === undefined ? 'it was ended from outside' : `${kind ?? name}: ${message}`;
    return `${cause} (exit code ${code}; ${describeFigures(this.figures)})`;
  }
}
