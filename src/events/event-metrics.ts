import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../telemetry/metrics';

/** Metrics of events. Labels are closed lists: kinds, never names that a client chose. */
@Injectable()
export class EventMetrics {
  private readonly deliveries;
  private readonly consumed;
  private readonly losses;
  private readonly lag;
  private readonly connections;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.deliveries = new Counter({
      name: 'zerodb_event_deliveries_total',
      help: 'Events delivered to the broker and to webhooks, by outcome.',
      labelNames: ['kind', 'outcome'],
      registers,
    });
    this.consumed = new Counter({
      name: 'zerodb_subscription_events_total',
      help: 'Events read from the broker, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    this.losses = new Counter({
      name: 'zerodb_broker_losses_total',
      help: 'How often the broker was found emptied or replaced.',
      registers,
    });
    this.lag = new Gauge({
      name: 'zerodb_subscription_lag',
      help: 'Messages of the broker that subscriptions of this process have not processed yet.',
      registers,
    });
    this.connections = new Gauge({
      name: 'zerodb_live_connections',
      help: 'Open streams and WebSockets.',
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
