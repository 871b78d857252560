import { asOperation } from './named-operation';
import { detached } from './tracing';

/**
 * Repeats `step` until it is stopped, one at a time. `step` returns the milliseconds until the next; `wake` ends the
 * pause. Errors go to `onError`, which returns how long to wait.
 */
export class BackgroundLoop {
  private readonly step: (signal: AbortSignal) => Promise<number>;
  private readonly controller = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private endPause: (() => void) | undefined;
  private isWoken = false;
  private isStarted = false;

  /** `name`: the name under which stalls of the event loop are reported. */
  constructor(
    name: string,
    step: (signal: AbortSignal) => Promise<number>,
    private readonly onError: (error: unknown) => number,
  ) {
    this.step = asOperation(name, step);
  }

  /**
   * Runs at once while `work` reports that there may be more, otherwise each period or when woken. After an error it
   * waits.
   */
  static whileMore(name: string, periodMs: number, work: (signal: AbortSignal) => Promise<boolean>): BackgroundLoop {
    return new BackgroundLoop(
      name,
      async (signal) => ((await work(signal)) ? 0 : periodMs),
      () => periodMs,
    );
  }

  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    this.running = detached(() => this.run());
  }

  /** Aborts the running step's signal, and resolves when the step is done. */
  async stop(): Promise<void> {
    this.controller.abort(new Error('The process is stopping.'));
    this.wake();
    await this.running;
  }

  wake(): void {
    this.isWoken = true;
    this.endPause?.();
  }

  private async run(): Promise<void> {
    const { signal } = this.controller;
    while (!signal.aborted) {
      this.isWoken = false;
      const pauseMs = await this.step(signal).catch((error: unknown) => (signal.aborted ? 0 : this.onError(error)));
      if (pauseMs > 0 && !this.isWoken && !signal.aborted) await this.pause(pauseMs);
      // A step that always has more to do must still yield the thread.
      else await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endPause = undefined;
  }
}
