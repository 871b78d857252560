/**
 * Values on their way from who tells them to one reader that takes them in its own time. Ends when `signal` aborts, or
 * when more than `max` wait: a reader that slow starts again.
 */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  private readonly waiting: T[] = [];
  private wake: (() => void) | undefined;
  private isOver = false;

  constructor(
    private readonly signal: AbortSignal,
    private readonly max: number,
    /** Called once, when nothing more is taken. */
    private readonly onEnd: () => void = () => undefined,
    /** Called when everything that waited was taken. */
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

  /** What waits is still given; then it is over. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onEnd();
    this.wake?.();
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
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
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
