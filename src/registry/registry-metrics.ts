import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import { Metrics } from '../telemetry/metrics';
import { SERVICE_STATES, type Direction, type ServiceName, type ServiceState } from './service';

/** How a call ended, as the metrics count it. */
export type CallOutcome = 'ok' | 'slow' | 'failed' | 'refused' | 'ignored';

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The registry's figures. Names and labels are stable; services and states are closed lists. */
@Injectable()
export class RegistryMetrics {
  private readonly states;
  private readonly calls;
  private readonly durations;
  private readonly transitions;
  private readonly flights;
  private readonly probes;
  private readonly lag;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    const gauge = (name: string, help: string, labelNames: string[]) =>
      new Gauge({ name, help, labelNames, registers });
    const counter = (name: string, help: string, labelNames: string[]) =>
      new Counter({ name, help, labelNames, registers });
    this.states = gauge('zerodb_service_state', '1 for the state a service is in, 0 for the others.', [
      'service',
      'state',
    ]);
    this.flights = gauge('zerodb_service_in_flight', 'Calls in flight.', ['service']);
    this.lag = gauge('zerodb_service_lag_records', 'Records a follower has not applied yet.', ['service']);
    this.calls = counter('zerodb_service_calls_total', 'Calls by outcome.', ['service', 'direction', 'outcome']);
    this.probes = counter('zerodb_service_probes_total', 'Probes by outcome.', ['service', 'outcome']);
    this.transitions = counter('zerodb_service_transitions_total', 'Changes of state.', ['service', 'from', 'to']);
    this.durations = new Histogram({
      name: 'zerodb_service_call_duration_seconds',
      help: 'Duration of admitted calls.',
      labelNames: ['service', 'direction'],
      buckets: SECONDS,
      registers,
    });
  }

  state(service: ServiceName, current: ServiceState): void {
    for (const state of SERVICE_STATES) this.states.set({ service, state }, state === current ? 1 : 0);
  }

  transition(service: ServiceName, from: ServiceState, to: ServiceState): void {
    this.transitions.inc({ service, from, to });
  }

  call(service: ServiceName, direction: Direction, outcome: CallOutcome): void {
    this.calls.inc({ service, direction, outcome });
  }

  duration(service: ServiceName, direction: Direction, milliseconds: number): void {
    this.durations.observe({ service, direction }, milliseconds / 1000);
  }

  inFlight(service: ServiceName, count: number): void {
    this.flights.set({ service }, count);
  }

  probe(service: ServiceName, outcome: 'good' | 'bad' | 'unclear'): void {
    this.probes.inc({ service, outcome });
  }

  lagging(service: ServiceName, records: number): void {
    this.lag.set({ service }, records);
  }
}

/** The metrics that the registry's parts update. */
export type RegistryFigures = Pick<RegistryMetrics, keyof RegistryMetrics>;
