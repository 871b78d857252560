import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../../telemetry/metrics';
import type { BackupSchedule, BackupState } from './backup-schedule';

/** What an alert needs: when the last one succeeded, and how often there should be one. */
@Injectable()
export class BackupMetrics {
  private readonly runs: Counter;
  private readonly succeeded: Gauge;
  private readonly interval: Gauge;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.runs = new Counter({
      name: 'zerodb_backups_total',
      help: 'Backups that this process made, by outcome: succeeded, failed.',
      labelNames: ['outcome'],
      registers,
    });
    this.succeeded = new Gauge({
      name: 'zerodb_backup_last_success_timestamp_seconds',
      help: 'When the last backup by a server began that succeeded, in seconds since 1970; 0 without one.',
      registers,
    });
    this.interval = new Gauge({
      name: 'zerodb_backup_interval_seconds',
      help: 'How often the schedule asks for a backup; 0 without a schedule.',
      registers,
    });
  }

  ran(outcome: 'succeeded' | 'failed'): void {
    this.runs.inc({ outcome });
  }

  show(schedule: BackupSchedule | undefined, state: BackupState): void {
    this.interval.set(schedule === undefined ? 0 : schedule.every_minutes * 60);
    this.succeeded.set(state.succeeded_at === undefined ? 0 : Date.parse(state.succeeded_at) / 1_000);
  }
}
