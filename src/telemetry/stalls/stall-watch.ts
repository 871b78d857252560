import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { messageOf } from '../../common/message-of';
import { operationIn } from '../../common/named-operation';
import { LOGGER } from '../logger';
import { Metrics } from '../metrics';
import { Sentry } from './sentry';
import type { Frame } from './stack';
import { StallMetrics } from './stall-metrics';

/** From here on a stall is counted: others have waited for long enough to notice. */
export const STALL_MS = 200;
const BEAT_MS = 50;
/** The sentry asks well before a stall is one, so that it asks in the middle of it. */
const ASK_AFTER_MS = 120;
/** A process that used less of a processor than this did not work: it had none, or waited for the disk. */
const MIN_CPU_SHARE = 0.1;
/** What the log shows of the stack: where it stood, and who wanted it. */
const FRAMES_LOGGED = 12;

/** Notices when nothing could run for more than 200 ms: counts it, and says which operation ran. */
@Injectable()
export class StallWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly metrics: StallMetrics;
  private readonly sentry = new Sentry();
  private timer: NodeJS.Timeout | undefined;
  private lastMs = 0;
  private lastCpuMs = 0;

  constructor(
    { registry }: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.metrics = new StallMetrics(registry);
  }

  onApplicationBootstrap(): void {
    this.sentry.start(ASK_AFTER_MS, (error) =>
      this.logger.warn({ reason: messageOf(error) }, 'stalls of the event loop are counted, but not attributed'),
    );
    this.lastMs = performance.now();
    this.lastCpuMs = cpuMs();
    this.timer = setInterval(() => this.tick(), BEAT_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.sentry.stop();
  }

  private tick(): void {
    const now = performance.now();
    const cpu = cpuMs();
    const stall = { ms: now - this.lastMs - BEAT_MS, cpuMs: cpu - this.lastCpuMs, frames: this.sentry.tick() };
    this.lastMs = now;
    this.lastCpuMs = cpu;
    if (stall.ms >= STALL_MS) this.report(stall);
  }

  private report({ ms, cpuMs, frames }: Stall): void {
    const operation =
      cpuMs < ms * MIN_CPU_SHARE ? 'starved' : (operationIn(frames.map(({ name }) => name)) ?? 'unknown');
    this.metrics.observe(operation, ms);
    const stack = frames.slice(0, FRAMES_LOGGED).map(({ name, place }) => `${name} ${place}`.trim());
    this.logger.warn(
      { operation, duration_ms: Math.round(ms), cpu_ms: Math.round(cpuMs), stack },
      'the event loop stood still',
    );
  }
}

interface Stall {
  readonly ms: number;
  readonly cpuMs: number;
  readonly frames: readonly Frame[];
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
