import { Counter, Gauge, type Registry } from 'prom-client';

/** What `/metrics` reads of the gates and the shares when it is asked. */
export interface AdmissionFigures {
  readonly gates: () => readonly { kind: string; limit: number; inFlight: number; waiting: number }[];
  readonly shares: () => readonly { kind: string; total: number; inUse: number }[];
}

/** How full the process is, and whom it refuses. */
export class AdmissionMetrics {
  private readonly refusals: Counter;

  constructor(registry: Registry, figures: AdmissionFigures) {
    const registers = [registry];
    this.refusals = new Counter({
      name: 'zerodb_admission_refused_total',
      help: 'Requests refused before any work, by kind and by reason: a rate, the share of a project, an overloaded process, wrong keys.',
      labelNames: ['kind', 'reason'],
      registers,
    });
    new Gauge({
      name: 'zerodb_admission_limit',
      help: 'Requests of a kind that may run at once: adaptive, or the places there are.',
      labelNames: ['kind'],
      registers,
      collect() {
        for (const { kind, limit } of figures.gates()) this.set({ kind }, limit);
        for (const { kind, total } of figures.shares()) this.set({ kind }, total);
      },
    });
    new Gauge({
      name: 'zerodb_admission_in_flight',
      help: 'Requests of a kind that run now, or places that are held.',
      labelNames: ['kind'],
      registers,
      collect() {
        for (const { kind, inFlight } of figures.gates()) this.set({ kind }, inFlight);
        for (const { kind, inUse } of figures.shares()) this.set({ kind }, inUse);
      },
    });
    new Gauge({
      name: 'zerodb_admission_waiting',
      help: 'Requests of a kind that wait for a place.',
      labelNames: ['kind'],
      registers,
      collect() {
        for (const { kind, waiting } of figures.gates()) this.set({ kind }, waiting);
      },
    });
  }

  refused(kind: string, reason: string): void {
    this.refusals.inc({ kind, reason });
  }
}
