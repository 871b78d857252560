import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const SECONDS = [0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60];

/** The figures of stalls. The label is an operation of the API, the name of a background loop, `starved` or `unknown`. */
export class StallMetrics {
  private readonly stalls;
  private readonly durations;
  private readonly longest;

  constructor(registry: Registry) {
    const common = { labelNames: ['operation'], registers: [registry] };
    this.stalls = new Counter({
      name: 'zerodb_event_loop_stalls_total',
      help: 'Times the event loop stood still for more than 200 ms, by the operation that ran.',
      ...common,
    });
    this.durations = new Histogram({
      name: 'zerodb_event_loop_stall_duration_seconds',
      help: 'How long such stalls lasted.',
      buckets: SECONDS,
      ...common,
    });
    this.longest = new Gauge({
      name: 'zerodb_event_loop_longest_stall_seconds',
      help: 'The longest stall since the process started, by the operation that ran.',
      ...common,
    });
  }

  private readonly longestMs = new Map<string, number>();

  observe(operation: string, milliseconds: number): void {
    this.stalls.inc({ operation });
    this.durations.observe({ operation }, milliseconds / 1000);
    if (milliseconds <= (this.longestMs.get(operation) ?? 0)) return;
    this.longestMs.set(operation, milliseconds);
    this.longest.set({ operation }, milliseconds / 1000);
  }
}
