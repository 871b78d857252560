import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { conflict, ZeroDbError } from '../../common/errors';
import { messageOf } from '../../common/message-of';
import {
  backupConfig,
  filesConfig,
  s3Config,
  type BackupSettings,
  type FilesSettings,
  type S3Settings,
} from '../../config';
import { Database } from '../../database/database.port';
import { EmbeddedDatabase, type FolderCopy } from '../../database/embedded/embedded-database';
import { SettingsRepository } from '../../database/settings.repository';
import type { OperationResult } from '../../operations/operation.schemas';
import type { BackupProgress } from '../create';
import { withRepository } from '../installation';
import { summariesOf } from '../list';
import type { Summary } from '../summary';
import { runBackupCommand, type BackupCommandOptions } from './backup-command';
import { BackupMetrics } from './backup-metrics';
import type { BackupSchedule, BackupState } from './backup-schedule';

const SCHEDULE = 'backup.schedule';
const STATE = 'backup.state';
const LEASE = 'backup.run';
const LEASE_SECONDS = 90;
const RENEW_MS = 20_000;

interface CreateAnswer {
  readonly backup: Summary;
  readonly missing_files: readonly unknown[];
}

interface VerifyAnswer {
  readonly faults: readonly string[];
  readonly restored: boolean;
}

export type Report = (progress: BackupProgress) => void;

/** Backups of the installation that this process serves, while it serves. One at a time, of all replicas. */
@Injectable()
export class RunningBackups {
  private readonly log = new Logger(RunningBackups.name);

  constructor(
    private readonly database: Database,
    private readonly stored: SettingsRepository,
    private readonly metrics: BackupMetrics,
    @Inject(backupConfig.KEY) private readonly backup: BackupSettings,
    @Inject(s3Config.KEY) private readonly s3: S3Settings,
    @Inject(filesConfig.KEY) private readonly files: FilesSettings,
  ) {}

  /** Throws `conflict` where `ZERODB_BACKUP_TO` is not set. */
  get place(): string {
    const { to } = this.backup;
    if (to === undefined) throw conflict('Backups have no place: set ZERODB_BACKUP_TO and start the server again.');
    return to;
  }

  async list(
    signal: AbortSignal,
  ): Promise<{ readonly backups: readonly Summary[]; readonly damaged: readonly string[] }> {
    const settings = { backup: this.backup, s3: this.s3 };
    return await withRepository(settings, this.place, { signal }, summariesOf).catch((error: unknown) => {
      // The first backup makes the place.
      if (error instanceof ZeroDbError && error.code === 'not_found') return { backups: [], damaged: [] };
      throw error;
    });
  }

  async schedule(): Promise<BackupSchedule | undefined> {
    return await this.stored.find<BackupSchedule>(SCHEDULE);
  }

  async setSchedule(schedule: BackupSchedule): Promise<void> {
    // Read first: one without a place would only ever fail.
    void this.place;
    await this.stored.put(SCHEDULE, schedule);
  }

  async removeSchedule(): Promise<boolean> {
    return await this.stored.remove(SCHEDULE);
  }

  async state(): Promise<BackupState> {
    return (await this.stored.find<BackupState>(STATE)) ?? {};
  }

  /** Takes the place of the one backup that may run. Throws `conflict` while another one does. */
  async begin(): Promise<BackupRun> {
    void this.place;
    const token = randomUUID();
    if (!(await this.stored.lease(LEASE, token, LEASE_SECONDS))) throw conflict('A backup is being made already.');
    return new BackupRun(this, token);
  }

  async verify(
    id: string,
    deep: boolean,
    options: BackupCommandOptions,
  ): Promise<OperationResult<'backup_verification'>> {
    const args = ['verify', id, '--from', this.place, ...(deep ? ['--deep'] : [])];
    const { faults, restored } = await runBackupCommand<VerifyAnswer>(args, options);
    return { backup: id, whole: faults.length === 0, faults: [...faults], restored };
  }

  /** Removes what the schedule does not keep. */
  async prune({ keep_last: last, keep_daily: daily }: BackupSchedule, signal?: AbortSignal): Promise<void> {
    if (last === undefined && daily === undefined) return;
    const kept = [
      ...(last === undefined ? [] : ['--keep-last', String(last)]),
      ...(daily === undefined ? [] : ['--keep-daily', String(daily)]),
    ];
    await runBackupCommand(['prune', '--from', this.place, ...kept], { signal });
  }

  /** The lease is held by the caller. */
  async make(token: string, options: BackupCommandOptions): Promise<OperationResult<'backup'>> {
    const startedAt = new Date();
    await this.note({ started_at: startedAt.toISOString(), is_running: true });
    const renewal = setInterval(() => void this.renew(token), RENEW_MS);
    try {
      const made = await this.carryOut(options);
      await this.note({
        succeeded_at: made.instant,
        backup: made.backup,
        is_running: false,
        failed_at: null,
        error: null,
      });
      this.metrics.ran('succeeded');
      return made;
    } catch (error) {
      this.metrics.ran('failed');
      await this.note({ is_running: false, failed_at: new Date().toISOString(), error: messageOf(error) }).catch(
        () => undefined,
      );
      throw error;
    } finally {
      clearInterval(renewal);
      await this.end(token);
    }
  }

  async end(token: string): Promise<void> {
    await this.stored.endLease(LEASE, token).catch((error: unknown) => this.log.debug(messageOf(error)));
  }

  private async carryOut(options: BackupCommandOptions): Promise<OperationResult<'backup'>> {
    const copy = this.database instanceof EmbeddedDatabase ? await this.database.copyFolder() : undefined;
    try {
      const args = ['create', '--to', this.place, ...(copy ? this.ofCopy(copy) : [])];
      const { backup, missing_files: missing } = await runBackupCommand<CreateAnswer>(args, options);
      const { id, instant, bytes, sent_bytes } = backup;
      return { backup: id, instant, bytes, sent_bytes, missing_files: missing.length };
    } finally {
      await copy
        ?.remove()
        .catch((error: unknown) => this.log.warn(`A copy for a backup was left: ${messageOf(error)}`));
    }
  }

  private ofCopy({ dataDir, instant }: FolderCopy): string[] {
    return ['--data-dir', dataDir, '--files-dir', this.files.dir, '--instant', instant.toISOString()];
  }

  private async renew(token: string): Promise<void> {
    await this.stored.lease(LEASE, token, LEASE_SECONDS).catch((error: unknown) => this.log.debug(messageOf(error)));
  }

  private async note(change: BackupState): Promise<void> {
    await this.stored.insert(STATE, {});
    await this.stored.merge(STATE, { ...change });
  }
}

/** The right to make one backup. Use it, or give it back. */
export class BackupRun {
  constructor(
    private readonly backups: RunningBackups,
    private readonly token: string,
  ) {}

  async make(options: BackupCommandOptions = {}): Promise<OperationResult<'backup'>> {
    return await this.backups.make(this.token, options);
  }

  async giveBack(): Promise<void> {
    await this.backups.end(this.token);
  }
}
