import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import { Metrics } from '../telemetry/metrics';

@Injectable()
export class AuditMetrics {
  readonly lost: Counter;

  constructor({ registry }: Metrics) {
    this.lost = new Counter({
      name: 'zerodb_audit_lost_total',
      help: 'Audit entries of reads and refusals that were dropped, because Postgres was away for long or refused them.',
      registers: [registry],
    });
  }
}
