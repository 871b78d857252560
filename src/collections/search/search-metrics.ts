import { Counter, Histogram } from 'prom-client';
import { Injectable } from '@nestjs/common';
import { Metrics } from '../../telemetry/metrics';

/** Who serves vector searches, and how often the preferred engine does not. */
@Injectable()
export class SearchMetrics {
  private readonly served: Counter;
  private readonly fallbacks: Counter;
  private readonly overlap: Histogram;
  private readonly wrong: Counter;
  private readonly hedges: Counter;

  constructor(metrics: Metrics) {
    const registers = [metrics.registry];
    this.served = new Counter({
      name: 'zerodb_vector_searches_total',
      help: 'Vector searches answered, by engine.',
      labelNames: ['served_by'],
      registers,
    });
    this.fallbacks = new Counter({
      name: 'zerodb_vector_search_fallbacks_total',
      help: 'Vector searches not served by the preferred engine, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.overlap = new Histogram({
      name: 'zerodb_vector_search_overlap',
      help: 'Share of equal results when a sampled search runs on both engines.',
      buckets: [0, 0.5, 0.8, 0.9, 0.95, 0.99, 1],
      registers,
    });
    this.hedges = new Counter({
      name: 'zerodb_vector_search_hedges_total',
      help: 'Searches hedged to pgvector because Qdrant was late, by whether the budget allowed it.',
      labelNames: ['outcome'],
      registers,
    });
    this.wrong = new Counter({
      name: 'zerodb_vector_search_wrong_claims_total',
      help: 'Hits of the follower that Postgres did not confirm; each is repaired.',
      registers,
    });
  }

  answered(by: string, reasons: readonly string[]): void {
    this.served.inc({ served_by: by });
    for (const reason of reasons) this.fallbacks.inc({ reason });
  }

  hedged(outcome: 'started' | 'refused'): void {
    this.hedges.inc({ outcome });
  }

  compared(overlap: number): void {
    this.overlap.observe(overlap);
  }

  foundWrong(count: number): void {
    this.wrong.inc(count);
  }
}
