import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import type { PieceFacts, Run } from '../common/background-piece';
import { BackgroundWork } from '../common/background-work';
import { Metrics } from './metrics';

/** The figures of background work, by the names of its pieces: a closed list. */
@Injectable()
export class BackgroundMetrics implements OnApplicationShutdown {
  private readonly runs;
  private readonly seconds;
  private readonly lastRun;
  private readonly stop: () => void;

  constructor({ registry }: Metrics, background: BackgroundWork) {
    const registers = [registry];
    this.runs = new Counter({
      name: 'zerodb_background_runs_total',
      help: 'Runs of background work that ended, by outcome (ok, failed).',
      labelNames: ['name', 'outcome'],
      registers,
    });
    this.seconds = new Counter({
      name: 'zerodb_background_run_seconds_total',
      help: 'Time that these runs took.',
      labelNames: ['name'],
      registers,
    });
    this.lastRun = new Gauge({
      name: 'zerodb_background_last_run_timestamp_seconds',
      help: 'When the last run ended, in Unix time.',
      labelNames: ['name'],
      registers,
    });
    this.stop = background.onRun((piece, run) => this.ran(piece, run));
  }

  onApplicationShutdown(): void {
    this.stop();
  }

  private ran({ name }: PieceFacts, { at, tookMs, outcome }: Run): void {
    this.runs.inc({ name, outcome });
    this.seconds.inc({ name }, tookMs / 1000);
    this.lastRun.set({ name }, at.getTime() / 1000);
  }
}
