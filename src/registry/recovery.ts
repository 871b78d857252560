import type { Judge } from './judge/judge';
import type { Random, Time } from './time';

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 15_000;
/** One that was called off and does not end is not waited for any longer than this. */
const LEFT_BEHIND_MS = 10_000;

export interface RecoveryOptions {
  readonly judge: Judge;
  readonly time: Time;
  readonly random: Random;
  /** Brings the service level; `undefined` when nothing has to be done. */
  readonly recover: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** It ended well: the service should be probed at once. */
  readonly onRecovered: () => void;
}

/** Runs a service's recovery while the judge wants it: once at a time, called off when the service goes away again. */
export class Recovery {
  private running: AbortController | undefined;
  private failures = 0;
  private isStopped = false;
  private callOff: (() => void) | undefined;

  constructor(private readonly options: RecoveryOptions) {}

  /** Looks at what the judge wants, and starts or calls off accordingly. */
  follow(): void {
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
    controller.abort(new DOMException('The service went away.', 'AbortError'));
    if (!this.isStopped) this.options.time.afterInBackground(LEFT_BEHIND_MS, () => this.ended(controller));
  }

  private start(): void {
    // One that was called off and has not ended yet holds the next one up: there is never a second at the same time.
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

  /** One that was called off has ended, or is left behind: the next may start. */
  private ended(controller: AbortController): void {
    if (this.running !== controller) return;
    this.running = undefined;
    if (!this.isStopped) this.follow();
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
      this.follow();
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
