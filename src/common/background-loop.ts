import { asOperation } from './named-operation';
import { detached } from './tracing';

/**
 * Repeats `step` until it is stopped, one at a time. `step` returns the milliseconds until the next; `wake` ends the pause.
 * What it throws is handed to `onError`, which says how long to wait.
 */
export class BackgroundLoop {
  private readonly step: (signal: AbortSignal) => Promise<number>;
  private readonly controller = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private endPause: (() => void) | undefined;
  private isWoken = false;
  private isStarted = false;

  /** `name`: what a stall of the event loop is put down to. */
  constructor(
    name: string,
    step: (signal: AbortSignal) => Promise<number>,
    private readonly onError: (error: unknown) => number,
  ) {
    this.step = asOperation(name, step);
  }

  /** At once while `work` says that there may be more, else each period, or when woken. What it throws is waited out. */
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

  /** Resolves when the step under way, which hears of it by its signal, is done. */
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
      // A step that has always more to do must still let others have the thread.
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
