import { ApiError } from '../../../api/problem';
import { currentSession, subscribeSession } from '../../../session/session';
import { forgetAllUploads } from './interrupted';
import { abandonUpload, PRECONDITION_FAILED, sendFile } from './send-file';

/** `exists`: there is a file of that key, and nobody has said that it may be replaced. */
export type UploadState = 'waiting' | 'sending' | 'paused' | 'exists' | 'failed' | 'done';

export interface Upload {
  readonly id: number;
  readonly file: File;
  readonly project: string;
  readonly bucket: string;
  readonly key: string;
  readonly state: UploadState;
  readonly sentBytes: number;
  readonly mayReplace: boolean;
  readonly error: unknown;
}

type Target = Pick<Upload, 'project' | 'bucket' | 'key'>;

/** Files that are sent at the same time. */
const MAX_CONCURRENT = 2;
/** Files that may be in the list. */
export const MAX_UPLOADS = 1_000;

/** The uploads of this page. They continue while other pages of the dashboard are shown. */
export class UploadQueue {
  private uploads: readonly Upload[] = [];
  private readonly running = new Map<number, AbortController>();
  private readonly listeners = new Set<() => void>();
  private readonly stored = new Set<() => void>();
  private lastId = 0;

  constructor(private readonly send: typeof sendFile = sendFile) {}

  readonly list = (): readonly Upload[] => this.uploads;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Calls `listener` when a file has been stored. */
  readonly onStored = (listener: () => void): (() => void) => {
    this.stored.add(listener);
    return () => this.stored.delete(listener);
  };

  /** Returns the number of files that were rejected because the list is full. */
  add(files: readonly { readonly file: File; readonly target: Target }[]): number {
    const taken = files.slice(0, Math.max(0, MAX_UPLOADS - this.uploads.length));
    const added = taken.map(({ file, target }): Upload => {
      this.lastId += 1;
      return { id: this.lastId, file, ...target, state: 'waiting', sentBytes: 0, mayReplace: false, error: undefined };
    });
    this.set([...this.uploads, ...added]);
    this.next();
    return files.length - taken.length;
  }

  pause(id: number): void {
    this.change(id, { state: 'paused' });
    this.running.get(id)?.abort();
  }

  /** Resumes a paused or failed upload. */
  resume(id: number): void {
    this.change(id, { state: 'waiting', error: undefined });
    this.next();
  }

  replace(id: number): void {
    this.change(id, { mayReplace: true });
    this.resume(id);
  }

  remove(id: number): void {
    this.running.get(id)?.abort();
    this.set(this.uploads.filter((upload) => upload.id !== id));
  }

  /** Removes an upload, with the parts that the server has of it. */
  async giveUp(id: number): Promise<void> {
    const upload = this.uploads.find((one) => one.id === id);
    this.remove(id);
    if (upload) await abandonUpload(upload);
  }

  clear(): void {
    for (const controller of this.running.values()) controller.abort();
    this.set([]);
  }

  isBusy(): boolean {
    return this.running.size > 0;
  }

  clearDone(): void {
    this.set(this.uploads.filter(({ state }) => state !== 'done'));
  }

  private next(): void {
    for (const upload of this.uploads) {
      if (this.running.size >= MAX_CONCURRENT) return;
      if (upload.state === 'waiting' && !this.running.has(upload.id)) void this.run(upload);
    }
  }

  private async run(upload: Upload): Promise<void> {
    const { id } = upload;
    const controller = new AbortController();
    this.running.set(id, controller);
    this.change(id, { state: 'sending' });
    const { signal } = controller;
    try {
      await this.send({ ...upload, signal, onProgress: (sentBytes) => this.change(id, { sentBytes }) });
      this.change(id, { state: 'done', sentBytes: upload.file.size });
      for (const listener of this.stored) listener();
    } catch (error) {
      if (!signal.aborted) this.change(id, failure(error));
    } finally {
      this.running.delete(id);
      controller.abort();
      this.next();
    }
  }

  private change(id: number, change: Partial<Upload>): void {
    this.set(this.uploads.map((upload) => (upload.id === id ? { ...upload, ...change } : upload)));
  }

  private set(uploads: readonly Upload[]): void {
    this.uploads = uploads;
    for (const listener of this.listeners) listener();
  }
}

const failure = (error: unknown): Partial<Upload> =>
  error instanceof ApiError && error.status === PRECONDITION_FAILED
    ? { state: 'exists', sentBytes: 0 }
    : { state: 'failed', error };

export const uploads = new UploadQueue();

// What one person uploads is not for the next to see.
subscribeSession(() => {
  if (currentSession()) return;
  uploads.clear();
  forgetAllUploads();
});

// Closing the page would interrupt them: the browser asks first.
window.addEventListener('beforeunload', (event) => {
  if (uploads.isBusy()) event.preventDefault();
});
