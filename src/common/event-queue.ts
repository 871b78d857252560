/**
 * A queue of values for one reader. Ends when `signal` aborts, or when more than `max` values wait: a reader that is
 * too slow has to start again.
 */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  private readonly waiting: T[] = [];
  private wake: (() => void) | undefined;
  private isOver = false;
  private error: Error | undefined;

  constructor(
    private readonly signal: AbortSignal,
    private readonly max: number,
    /** Called once, when the queue accepts no more values. */
    private readonly onEnd: () => void = () => undefined,
    /** Called when the queue becomes empty. */
    private readonly onEmpty: () => void = () => undefined,
  ) {
    if (signal.aborted) this.end();
    else signal.addEventListener('abort', () => this.end(), { once: true });
  }

  get size(): number {
    return this.waiting.length;
  }

  push(value: T): void {
    if (this.isOver) return;
    this.waiting.push(value);
    if (this.waiting.length > this.max) this.end();
    this.wake?.();
  }

  /** Ends the queue once the waiting values are read. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onEnd();
    this.wake?.();
  }

  /** Ends the queue with an error, once the waiting values are read. */
  fail(error: Error): void {
    this.error ??= error;
    this.end();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.waiting.length === 0 && !this.isOver) {
      this.onEmpty();
      if (this.waiting.length > 0) break;
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
    if (this.signal.aborted) this.waiting.length = 0;
    const value = this.waiting.shift();
    if (value === undefined && this.error && !this.signal.aborted) throw this.takeError(this.error);
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }

  private takeError(error: Error): Error {
    this.error = undefined;
    return error;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.waiting.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
