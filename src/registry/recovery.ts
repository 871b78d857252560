import type { Judge } from './judge/judge';
import type { Random, Time } from './time';

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 15_000;
/** Maximum wait for a cancelled recovery that does not end. */
const LEFT_BEHIND_MS = 10_000;

export interface RecoveryOptions {
  readonly judge: Judge;
  readonly time: Time;
  readonly random: Random;
  /** Brings the service in sync; `undefined` when nothing has to be done. */
  readonly recover: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Recovery succeeded: probe the service at once. */
  readonly onRecovered: () => void;
}

/**
 * Runs a service's recovery while the judge wants it: one at a time, cancelled when the service becomes unavailable
 * again.
 */
export class Recovery {
  private running: AbortController | undefined;
  private failures = 0;
  private isStopped = false;
  private callOff: (() => void) | undefined;

  constructor(private readonly options: RecoveryOptions) {}

  /** Starts or cancels the recovery as the judge requires. */
  update(): void {
    if (this.options.judge.isCatchingUp && !this.isStopped) this.start();
    else this.cancel();
  }

  stop(): void {
    this.isStopped = true;
    this.cancel();
  }

  private cancel(): void {
    this.callOff?.();
    this.callOff = undefined;
    this.failures = 0;
    if (this.running && !this.running.signal.aborted) this.callBack(this.running);
  }

  private callBack(controller: AbortController): void {
    controller.abort(new DOMException('The service became unavailable.', 'AbortError'));
    if (!this.isStopped) this.options.time.afterInBackground(LEFT_BEHIND_MS, () => this.ended(controller));
  }

  private start(): void {
    // A cancelled run that has not ended yet delays the next one: two never run at once.
    if (this.running || this.callOff || !this.options.recover) return;
    const controller = new AbortController();
    this.running = controller;
    void this.run(this.options.recover, controller);
  }

  private async run(recover: (signal: AbortSignal) => Promise<void>, controller: AbortController): Promise<void> {
    const error = await attempt(recover, controller.signal);
    if (controller.signal.aborted) this.ended(controller);
    else this.settled(error);
  }

  private settled(error: Error | undefined): void {
    this.running = undefined;
    if (error === undefined) this.succeed();
    else this.fail(error);
  }

  /** A cancelled run has ended or was abandoned: the next may start. */
  private ended(controller: AbortController): void {
    if (this.running !== controller) return;
    this.running = undefined;
    if (!this.isStopped) this.update();
  }

  private succeed(): void {
    this.failures = 0;
    this.options.judge.recovered();
    this.options.onRecovered();
  }

  private fail(error: Error): void {
    const { judge, time, random } = this.options;
    const full = Math.min(FIRST_PAUSE_MS * 2 ** this.failures, MAX_PAUSE_MS);
    const pauseMs = full / 2 + (random() * full) / 2;
    this.failures += 1;
    judge.notRecovered(`recovery failed: ${error.message}; the next attempt is in ${(pauseMs / 1000).toFixed(1)} s`);
    this.callOff = time.afterInBackground(pauseMs, () => {
      this.callOff = undefined;
      this.update();
    });
  }
}

const attempt = async (
  recover: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<Error | undefined> => {
  try {
    await recover(signal);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error('unknown fault', { cause: error });
  }
};
