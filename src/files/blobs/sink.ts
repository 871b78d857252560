import type { ObjectWriter } from '../file-store.port';
import type { StoreName } from '../../orchestrator/file-route';
import type { StoreHandle } from '../stores/store-handle';

/** Parts of one object in flight: the next is received meanwhile. */
const MAX_PENDING = 2;
const ABORT_MS = 5_000;

/** One object that is being written to one store. Its failure is kept, not thrown: other sinks may do better. */
export class Sink {
  failure: unknown;
  private writer: ObjectWriter | undefined;
  private readonly pending = new Set<Promise<void>>();

  constructor(
    private readonly handle: StoreHandle,
    readonly key: string,
    private readonly projectId: number,
    private readonly signal?: AbortSignal,
  ) {}

  get store(): StoreName {
    return this.handle.name;
  }

  /**
   * Takes a part; resolves when there is room for the next one. `release` is called when the part is no longer needed,
   * but never after a failed write: something may still be reading it.
   */
  async accept(index: number, part: Buffer, release: () => void = () => undefined): Promise<void> {
    let isUsed = false;
    await this.attempt(async () => {
      this.writer ??= await this.handle.write(
        this.projectId,
        0,
        (signal) => this.handle.store.begin(this.key, signal),
        this.signal,
      );
      const { writer } = this;
      while (this.pending.size >= MAX_PENDING) await Promise.race(this.pending);
      if (this.failure !== undefined) return;
      isUsed = true;
      const written = this.attempt(async () => {
        await this.handle.write(
          this.projectId,
          part.length,
          (signal) => writer.write(index, part, signal),
          this.signal,
        );
        release();
      }).finally(() => this.pending.delete(written));
      this.pending.add(written);
    });
    if (!isUsed) release();
  }

  /** Completes the object and checks its size. A single part is written in one call. */
  async finish(index: number, rest: Buffer, size: number): Promise<void> {
    if (index === 0) {
      await this.attempt(() =>
        this.handle.write(
          this.projectId,
          rest.length,
          (signal) => this.handle.store.put(this.key, rest, signal),
          this.signal,
        ),
      );
    } else {
      if (rest.length > 0) await this.accept(index, rest);
      await Promise.all(this.pending);
      const { writer } = this;
      if (writer) {
        await this.attempt(() =>
          this.handle.write(this.projectId, size, (signal) => writer.complete(signal), this.signal),
        );
      }
    }
    await this.attempt(() => this.mustHold(size));
  }

  /** Throws the error that made it fail. */
  mustBeGood(): void {
    if (this.failure === undefined) return;
    throw this.failure instanceof Error ? this.failure : new Error('The store failed.', { cause: this.failure });
  }

  async abort(): Promise<void> {
    this.failure ??= new Error('aborted');
    await Promise.all(this.pending);
    await this.writer?.abort(AbortSignal.timeout(ABORT_MS)).catch(() => undefined);
  }

  private async mustHold(size: number): Promise<void> {
    const held = await this.handle.write(
      this.projectId,
      0,
      (signal) => this.handle.store.stat(this.key, signal),
      this.signal,
    );
    if (held !== size) throw new Error(`The store holds ${held ?? 'nothing'} of ${size} bytes.`);
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    if (this.failure !== undefined) return;
    try {
      await work();
    } catch (error) {
      this.failure ??= error;
    }
  }
}
