import { Module } from '@nestjs/common';
import { OperationsModule } from '../../operations/operations.module';
import { BackupMetrics } from './backup-metrics';
import { BackupScheduler } from './backup-scheduler';
import { BackupsController } from './backups.controller';
import { RunningBackups } from './running-backups';

/** Backups of the running installation: on demand and by a schedule. */
@Module({
  imports: [OperationsModule],
  controllers: [BackupsController],
  providers: [RunningBackups, BackupScheduler, BackupMetrics],
})
export class BackupsModule {}
