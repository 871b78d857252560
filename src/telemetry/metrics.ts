import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** One registry per application. Labels come from declared routes only, never from what a client sent. */
@Injectable()
export class Metrics implements OnApplicationShutdown {
  readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: 'zerodb_http_request_duration_seconds',
    help: 'Requests answered, by route template, method and class of status.',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  observeRequest(route: string, method: string, status: number, milliseconds: number): void {
    this.requests.observe({ route, method, status: `${Math.floor(status / 100)}xx` }, milliseconds / 1000);
  }

  /** Not before: a process that is stopping is still watched. */
  onApplicationShutdown(): void {
    this.registry.clear();
  }
}
