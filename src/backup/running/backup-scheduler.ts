import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { ZeroDbError } from '../../common/errors';
import { BackupMetrics } from './backup-metrics';
import { nextAt } from './backup-schedule';
import { RunningBackups } from './running-backups';

const PIECE = {
  name: 'backups',
  description: 'Makes the backups of the schedule, and removes those that it no longer keeps.',
  intervalMs: 10_000,
  role: 'worker',
} as const;

/** Each worker looks; the one that gets the lease makes the backup. */
@Injectable()
export class BackupScheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(BackupScheduler.name);
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly backups: RunningBackups,
    private readonly metrics: BackupMetrics,
    background: BackgroundWork,
  ) {
    this.loop = background.withPauses(PIECE, (signal) => this.work(signal), { firstMs: 2_000, keepsAlive: false });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** Somebody changed the schedule. */
  wake(): void {
    this.loop.wake();
  }

  private async work(signal: AbortSignal): Promise<void> {
    const [schedule, state] = [await this.backups.schedule(), await this.backups.state()];
    this.metrics.show(schedule, state);
    if (!schedule || Date.now() < nextAt(schedule, state)) return;
    const run = await this.backups.begin().catch(unlessBusy);
    if (!run) return;
    const { backup, bytes, sent_bytes: sent } = await run.make({ signal });
    this.log.log({ backup, bytes, sent_bytes: sent }, 'Made a backup');
    this.metrics.show(schedule, await this.backups.state());
    await this.backups.prune(schedule, signal);
  }
}

const unlessBusy = (error: unknown): undefined => {
  if (error instanceof ZeroDbError && error.code === 'conflict') return undefined;
  throw error;
};
