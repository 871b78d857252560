import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { unavailable } from '../../../common/errors';
import type { FromWorker, ToWorker, WorkerSettings } from './protocol';

/** Characters that may wait for one model. A single request is always let in when nothing else waits. */
const MAX_WAITING_CHARACTERS = 128 * 1024 * 1024;

/** For a pass of the model, or its loading, to end; a thread that does not answer by then is terminated. */
const END_MS = 10_000;

/** A thread that runs away ends with an error of its own instead of taking the process with it. */
const MAX_HEAP_MB = 768;

interface Pending {
  readonly characters: number;
  resolve(vectors: Float32Array<ArrayBuffer>): void;
  reject(error: unknown): void;
}

/** One model in a separate thread: started by the first request, and restarted by the next one after it died. */
export class ModelThread {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private waitingCharacters = 0;
  private lastId = 0;
  private isClosed = false;
  private cause: Error | undefined;

  private idle: NodeJS.Timeout | undefined;

  /** A thread that has had nothing to do for `idleMs` is ended, which frees its memory; by default never. */
  constructor(
    private readonly settings: WorkerSettings,
    private readonly idleMs?: number,
  ) {}

  /** Why the thread died, until it has embedded something again. */
  get diedOf(): Error | undefined {
    return this.cause;
  }

  /** The vectors of all texts one after another. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array<ArrayBuffer>> {
    const characters = texts.reduce((total, text) => total + text.length, 0);
    if (this.isClosed) return Promise.reject(unavailable('embeddings', new Error('The provider is closed.')));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.pending.size > 0 && this.waitingCharacters + characters > MAX_WAITING_CHARACTERS) {
      return Promise.reject(unavailable('embeddings', new Error('Too much text is waiting to be embedded.')));
    }
    return this.request(texts, characters, signal);
  }

  /** Ends the thread; what waits is rejected as unavailable. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.idle);
    if (this.worker) await endThread(this.worker);
    this.rejectAll(new Error('The provider was closed.'));
  }

  private request(
    texts: readonly string[],
    characters: number,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array<ArrayBuffer>> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.send({ kind: 'cancel', id });
        this.takePending(id)?.reject(signal?.reason);
      };
      const released =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          signal?.removeEventListener('abort', onAbort);
          settle(value);
        };
      this.pending.set(id, { characters, resolve: released(resolve), reject: released(reject) });
      this.waitingCharacters += characters;
      signal?.addEventListener('abort', onAbort, { once: true });
      clearTimeout(this.idle);
      this.worker ??= this.start();
      this.worker.ref();
      this.send({ kind: 'embed', id, texts });
    });
  }

  private start(): Worker {
    const worker = new Worker(join(__dirname, 'transformers.worker.js'), {
      workerData: this.settings,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      // The library may print warnings; standard output belongs to the product's own log.
      stdout: true,
    });
    worker.stdout.resume();
    let reason: Error | undefined;
    worker.on('message', (message: FromWorker) => this.receive(message));
    worker.on('error', (error: Error) => (reason = error));
    worker.on('exit', (code) => this.ended(worker, reason ?? new Error(`The thread ended with code ${code}.`)));
    return worker;
  }

  private send(message: ToWorker): void {
    this.worker?.postMessage(message);
  }

  private receive(message: FromWorker): void {
    const pending = this.takePending(message.id);
    if (message.kind === 'embedded') this.cause = undefined;
    if (message.kind === 'embedded') pending?.resolve(message.vectors);
    else pending?.reject(unavailable('embeddings', new Error(message.message)));
  }

  private ended(worker: Worker, cause: Error): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.cause = cause;
    this.rejectAll(cause);
  }

  private rejectAll(cause: Error): void {
    for (const id of [...this.pending.keys()]) this.takePending(id)?.reject(unavailable('embeddings', cause));
  }

  private takePending(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    if (pending === undefined) return undefined;
    this.pending.delete(id);
    this.waitingCharacters -= pending.characters;
    if (this.pending.size === 0) this.scheduleIdleEnd();
    return pending;
  }

  private scheduleIdleEnd(): void {
    // An idle model must not keep a finished process alive.
    this.worker?.unref();
    if (this.idleMs !== undefined) this.idle = setTimeout(() => this.end(), this.idleMs).unref();
  }

  /** On purpose: whoever asks next starts another, and nobody reports a death. */
  private end(): void {
    const { worker } = this;
    this.worker = undefined;
    if (worker) void endThread(worker);
  }
}

/** Asks the thread to end: terminated within the inference engine, it would end the process. */
async function endThread(worker: Worker): Promise<void> {
  worker.ref();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => void worker.terminate().then(() => resolve()), END_MS).unref();
    worker.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    worker.postMessage({ kind: 'end' } satisfies ToWorker);
  });
}
