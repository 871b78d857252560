import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Metrics } from '../telemetry/metrics';

/** One line of a project that has a quota. */
export interface QuotaUse {
  readonly project: string;
  readonly quota: string;
  readonly used: number;
  /** The hard limit, or the soft one where there is no other. */
  readonly limit: number;
}

/** Of projects with quotas alone: how many those are is the operator's choice. */
@Injectable()
export class UsageMetrics {
  private readonly ratio: Gauge;

  constructor({ registry }: Metrics) {
    this.ratio = new Gauge({
      name: 'zerodb_quota_used_ratio',
      help: 'The used share of a quota: of its hard limit, or of the soft one where it has no other.',
      labelNames: ['project', 'quota'],
      registers: [registry],
    });
  }

  show(uses: readonly QuotaUse[]): void {
    this.ratio.reset();
    for (const { project, quota, used, limit } of uses) {
      this.ratio.set({ project, quota }, limit === 0 ? Number(used > 0) : used / limit);
    }
  }
}
