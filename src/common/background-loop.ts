import type { BackgroundPiece } from './background-piece';
import { asOperation } from './named-operation';
import { detached } from './tracing';

/** Calls `act` once after `ms`; returns the function that cancels it. */
export type After = (ms: number, act: () => void) => () => void;

export interface LoopOptions {
  /** One round. Returns the milliseconds until the next. */
  readonly step: (signal: AbortSignal) => Promise<number>;
  /** Milliseconds until the first round; by default it runs at once. */
  readonly firstMs?: number;
  /** Minimum milliseconds between two rounds, also when woken: what comes meanwhile is served by one round. */
  readonly restMs?: number;
  /** Logs the fault. Returns the milliseconds until the next round; `undefined`: the usual interval. */
  readonly onFault?: (error: unknown) => number | undefined;
  /** Whether the pauses keep the process alive. Default: yes. */
  readonly keepsAlive?: boolean;
  /** For a clock that is injected. Default: the timers of the process. */
  readonly after?: After;
}

/**
 * The one loop that runs background work: repeats a round until it is stopped, one at a time. A round that fails is
 * recorded, and the loop continues. Made by `BackgroundWork`, which lists it.
 */
export class BackgroundLoop {
  private readonly step: (signal: AbortSignal) => Promise<number>;
  private readonly controller = new AbortController();
  private readonly after: After;
  private running: Promise<void> = Promise.resolve();
  private endPause: (() => void) | undefined;
  private isWoken = false;
  private isStarted = false;

  constructor(
    private readonly piece: BackgroundPiece,
    private readonly options: LoopOptions,
    private readonly isAllowed = true,
  ) {
    // Stalls of the event loop are reported under this name.
    this.step = asOperation(piece.facts.name, options.step);
    this.after = options.after ?? after(options.keepsAlive ?? true);
  }

  get name(): string {
    return this.piece.facts.name;
  }

  get isStopping(): boolean {
    return this.controller.signal.aborted;
  }

  /** Does nothing in a process whose role does not run this work, when it runs already, and after `stop`. */
  start(): void {
    if (this.isStarted || this.isStopping || !this.isAllowed) return;
    this.isStarted = true;
    this.piece.started();
    this.running = detached(() => this.run());
  }

  /** Aborts the running round's signal, and resolves when the round has ended. */
  async stop(): Promise<void> {
    this.controller.abort(new Error('The process is stopping.'));
    this.wake();
    await this.running;
  }

  /** Ends the pause: the next round runs now, or right after the running one. */
  wake(): void {
    this.isWoken = true;
    this.endPause?.();
  }

  /** Marks the running round as failed by a fault that it handles itself. */
  recordFault(fault: unknown): void {
    this.piece.fail(fault);
  }

  private async run(): Promise<void> {
    const { firstMs = 0 } = this.options;
    if (firstMs > 0) await this.pause(firstMs);
    while (!this.isStopping) {
      this.isWoken = false;
      const pauseMs = await this.round();
      if (!this.isStopping) await this.rest(pauseMs);
    }
    this.piece.stopped();
  }

  private async round(): Promise<number> {
    const { signal } = this.controller;
    this.piece.begin();
    try {
      return await this.step(signal);
    } catch (error) {
      return signal.aborted ? 0 : this.failed(error);
    } finally {
      this.piece.end();
    }
  }

  private failed(error: unknown): number {
    this.piece.fail(error);
    return this.options.onFault?.(error) ?? this.piece.facts.intervalMs;
  }

  private async rest(pauseMs: number): Promise<void> {
    const { restMs = 0 } = this.options;
    if (restMs > 0) await new Promise<void>((resolve) => this.after(restMs, resolve));
    if (pauseMs > 0 && !this.isWoken && !this.isStopping) await this.pause(pauseMs);
    else if (restMs <= 0) await this.yield();
  }

  private async pause(ms: number): Promise<void> {
    this.piece.pausing(ms);
    await new Promise<void>((resolve) => {
      const cancel = this.after(ms, resolve);
      this.endPause = () => {
        cancel();
        resolve();
      };
    });
    this.endPause = undefined;
  }

  /** A round that always has more to do must still yield the thread. */
  private async yield(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.options.after) this.after(0, resolve);
      else setImmediate(resolve);
    });
  }
}

const after =
  (keepsAlive: boolean): After =>
  (ms, act) => {
    const timer = setTimeout(act, ms);
    if (!keepsAlive) timer.unref();
    return () => clearTimeout(timer);
  };
