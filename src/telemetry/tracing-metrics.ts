import { Counter, type Registry } from 'prom-client';

const OUTCOMES = ['exported', 'failed', 'dropped'] as const;

/** Counts spans by outcome while tracing is on. */
export class TracingMetrics {
  private readonly spans: Counter<'outcome'>;

  constructor(registry: Registry) {
    this.spans = new Counter({
      name: 'zerodb_trace_spans_total',
      help: 'Spans that the collector took (exported), that it did not take (failed), and that were too many to keep (dropped).',
      labelNames: ['outcome'],
      registers: [registry],
    });
    for (const outcome of OUTCOMES) this.spans.inc({ outcome }, 0);
  }

  counted(outcome: (typeof OUTCOMES)[number], spans: number): void {
    this.spans.inc({ outcome }, spans);
  }
}
