import { Inject, Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { auditConfig, type AuditSettings } from '../../config';
import { AuditLogService } from '../log/audit-log.service';
import { ReportRepository } from './report.repository';
import { CANNOT, STATEMENTS, type Framework, type ReportLine } from './statements';

export interface ComplianceReport {
  readonly framework: Framework;
  readonly project: string;
  readonly from: string;
  readonly to: string;
  readonly statements: readonly ReportLine[];
  readonly cannot_prove: readonly string[];
}

/** What the log and the settings prove of what a framework asks for. Not whether it is fulfilled: that, an auditor says. */
@Injectable()
export class ReportService {
  constructor(
    private readonly logs: AuditLogService,
    private readonly repository: ReportRepository,
    @Inject(auditConfig.KEY) private readonly settings: AuditSettings,
  ) {}

  async report(scope: Scope, framework: Framework, since: Date, signal: AbortSignal): Promise<ComplianceReport> {
    const log = await this.logs.verify(scope, [], signal);
    const figures = await this.repository.figures(scope, since);
    const grounds = { figures, log, settings: this.settings };
    return {
      framework,
      project: scope.projectName,
      from: since.toISOString(),
      to: new Date().toISOString(),
      statements: STATEMENTS[framework].map(([reference, judge]) => ({ reference, ...judge(grounds) })),
      cannot_prove: CANNOT[framework],
    };
  }
}
