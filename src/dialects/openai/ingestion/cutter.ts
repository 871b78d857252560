import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RefusedFile } from './cut-file';
import type { CutAnswer, CutRequest } from './cut-job';

const MOST_MEMORY_MB = 1_024;
/** For one answer. The reader of PDFs stops after two minutes. */
const LONGEST_MS = 180_000;
/** Its tokenizer takes a moment to load; unused, its memory is given back. */
const IDLE_MS = 30_000;

/** Reads files and cuts them into chunks in a separate thread, one file at a time. */
export class Cutter {
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;

  /** Chunks in order, some at a time. Throws `RefusedFile`; other errors are defects, and the next call starts another thread. */
  async *cut(
    file: Omit<Extract<CutRequest, { kind: 'file' }>, 'kind'>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly string[]> {
    clearTimeout(this.idle);
    try {
      let answer = await this.ask({ kind: 'file', ...file }, signal);
      for (;;) {
        if ('refusal' in answer) throw new RefusedFile(answer.refusal);
        if ('defect' in answer) throw new Error(answer.defect);
        if (answer.texts.length > 0) yield answer.texts;
        if (answer.isLast) return;
        answer = await this.ask({ kind: 'next' }, signal);
      }
    } finally {
      this.idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private async ask(request: CutRequest, signal: AbortSignal): Promise<CutAnswer> {
    signal.throwIfAborted();
    // A fresh thread knows nothing of the file: it would answer that there are no more chunks.
    const worker = request.kind === 'next' ? this.worker : (this.worker ??= this.start());
    if (!worker) throw new Error('The thread that reads files ended between two answers.');
    const ends = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
    try {
      return await answerOf(worker, request, ends);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  private start(): Worker {
    const worker = new Worker(join(__dirname, 'cut.worker.js'), {
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
      stdout: true,
      stderr: true,
    });
    worker.unref();
    // One that dies is replaced by the next file.
    const forget = (): void => {
      if (this.worker === worker) this.worker = undefined;
    };
    return worker.on('error', forget).on('exit', forget);
  }
}

const answerOf = async (worker: Worker, request: CutRequest, ends: AbortSignal): Promise<CutAnswer> => {
  const listening = new AbortController();
  const { signal } = listening;
  try {
    return await new Promise<CutAnswer>((resolve, reject) => {
      const exit = (): void => reject(new Error('The thread that reads files ended without an answer.'));
      const abort = (): void => reject(ends.reason as Error);
      worker.once('message', resolve).once('error', reject).once('exit', exit);
      ends.addEventListener('abort', abort, { once: true });
      signal.addEventListener('abort', () => {
        worker.off('message', resolve).off('error', reject).off('exit', exit);
        ends.removeEventListener('abort', abort);
      });
      worker.postMessage(request);
    });
  } finally {
    listening.abort();
  }
};
