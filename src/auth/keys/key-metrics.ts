import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { Metrics } from '../../telemetry/metrics';

/** Figures of API keys, of all projects together. */
@Injectable()
export class KeyMetrics {
  private readonly expiring: Gauge;

  constructor({ registry }: Metrics) {
    this.expiring = new Gauge({
      name: 'zerodb_keys_expiring',
      help: 'API keys and replaced secrets that expire within seven days and were used within the last seven.',
      registers: [registry],
    });
  }

  counted(expiring: number): void {
    this.expiring.set(expiring);
  }
}
