import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../../telemetry/metrics';

/** How often a search is answered from memory. */
@Injectable()
export class ResultCacheMetrics {
  private readonly lookUps: Counter;
  private readonly bytes: Gauge;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.lookUps = new Counter({
      name: 'zerodb_search_cache_lookups_total',
      help: 'Searches that an earlier answer could serve, by whether one did (hit) or not (miss).',
      labelNames: ['outcome'],
      registers,
    });
    this.bytes = new Gauge({
      name: 'zerodb_search_cache_bytes',
      help: 'Memory that the answers of earlier searches take.',
      registers,
    });
  }

  found(outcome: 'hit' | 'miss'): void {
    this.lookUps.inc({ outcome });
  }

  holds(bytes: number): void {
    this.bytes.set(bytes);
  }
}
