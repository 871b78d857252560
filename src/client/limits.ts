/**
 * Ends one attempt when the caller's signal aborts, or when nothing came for `silenceMs`. Holds its timer itself: a signal of
 * `AbortSignal.timeout` that only `fetch` knows may be collected with the answer half read, and then never aborts.
 */
export class Limits {
  /** Why it was ended by silence. */
  silence: string | undefined;
  readonly signal: AbortSignal | undefined;
  private readonly timer: ReturnType<typeof setTimeout> | undefined;
  private readonly forward: (() => void) | undefined;

  constructor(
    private readonly outer: AbortSignal | undefined,
    silenceMs: number | undefined,
    reason: string,
  ) {
    this.signal = outer;
    if (silenceMs === undefined) return;
    const controller = new AbortController();
    this.signal = controller.signal;
    this.forward = () => controller.abort(outer?.reason);
    this.timer = setTimeout(() => {
      this.silence = reason;
      controller.abort(new Error(reason));
    }, silenceMs);
    if (outer?.aborted === true) this.forward();
    else outer?.addEventListener('abort', this.forward, { once: true });
  }

  /** The answer came, or will not come. */
  stopWaiting(): void {
    clearTimeout(this.timer);
  }

  /** The answer is read: the caller's signal has nothing left to end. */
  release(): void {
    if (this.forward !== undefined) this.outer?.removeEventListener('abort', this.forward);
  }
}
