import { Global, Module } from '@nestjs/common';
import { ProjectsModule } from '../auth/projects/projects.module';
import { AuditBatch } from './audit-batch';
import { AuditKeys } from './audit-keys';
import { AuditMetrics } from './audit-metrics';
import { AuditTrail } from './audit-trail';
import { AuditController } from './audit.controller';
import { Chainer } from './chain/chainer';
import { ChainWorker } from './chain/chain-worker';
import { AuditRetention } from './chain/retention';
import { AuditLogService } from './log/audit-log.service';
import { AuditRepository } from './log/audit.repository';
import { Refusals } from './refusals';
import { ReportRepository } from './report/report.repository';
import { ReportService } from './report/report.service';

/** Who did what: a chain of entries for each project, and one for the installation. */
@Global()
@Module({
  imports: [ProjectsModule],
  controllers: [AuditController],
  providers: [
    AuditRepository,
    AuditKeys,
    AuditMetrics,
    AuditBatch,
    Refusals,
    AuditTrail,
    Chainer,
    ChainWorker,
    AuditRetention,
    AuditLogService,
    ReportRepository,
    ReportService,
  ],
  exports: [AuditTrail],
})
export class AuditModule {}
