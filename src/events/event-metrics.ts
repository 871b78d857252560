import { Inject, Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../telemetry/metrics';

/** The figures of events. Labels are closed lists: kinds, never names that a client chose. */
@Injectable()
export class EventMetrics {
  private readonly deliveries;
  private readonly consumed;
  private readonly losses;
  private readonly lag;
  private readonly connections;

  constructor(@Inject(Metrics) { registry }: Metrics) {
    const registers = [registry];
    this.deliveries = new Counter({
      name: 'zerodb_event_deliveries_total',
      help: 'Events given to the broker and to webhooks, by how it ended.',
      labelNames: ['kind', 'outcome'],
      registers,
    });
    this.consumed = new Counter({
      name: 'zerodb_subscription_events_total',
      help: 'Events taken from the broker, by how it ended.',
      labelNames: ['outcome'],
      registers,
    });
    this.losses = new Counter({
      name: 'zerodb_broker_losses_total',
      help: 'How often the broker was found emptied or exchanged.',
      registers,
    });
    this.lag = new Gauge({
      name: 'zerodb_subscription_lag',
      help: 'Messages of the broker that subscriptions of this process have not taken yet.',
      registers,
    });
    this.connections = new Gauge({
      name: 'zerodb_live_connections',
      help: 'Streams and WebSockets that are open.',
      registers,
    });
  }

  delivered(kind: string, result: { delivered: number; failed: number; parked: number }): void {
    this.deliveries.inc({ kind, outcome: 'delivered' }, result.delivered);
    this.deliveries.inc({ kind, outcome: 'failed' }, result.failed);
    this.deliveries.inc({ kind, outcome: 'parked' }, result.parked);
  }

  took(outcome: 'applied' | 'repeated' | 'dead', count = 1): void {
    this.consumed.inc({ outcome }, count);
  }

  brokerLost(): void {
    this.losses.inc();
  }

  subscriptionLag(messages: number): void {
    this.lag.set(messages);
  }

  live(count: number): void {
    this.connections.set(count);
  }
}
