import { Counter, Gauge, type Registry } from 'prom-client';
import type { CopyDirectory } from './copy-directory';

/** Number of collections with the largest lag that get a separate series. */
const MAX_COLLECTIONS = 50;

/** Metrics of the followers. Labels are our own names and numbers, never input from clients. */
export class FollowerMetrics {
  readonly sent: Counter;
  readonly copied: Counter;
  readonly found: Counter;
  readonly repaired: Counter;
  readonly parked: Gauge;

  constructor(registry: Registry, directory: CopyDirectory, follower: string) {
    const counter = (name: string, help: string): Counter => new Counter({ name, help, registers: [registry] });
    this.sent = counter('zerodb_follower_sent_total', 'Records sent to the follower, or removed there.');
    this.copied = counter('zerodb_follower_backfilled_total', 'Records copied by backfills.');
    this.found = counter('zerodb_drift_found_total', 'Records found to differ from their copies.');
    this.repaired = counter('zerodb_drift_repaired_total', 'Differing copies that were repaired.');
    this.parked = new Gauge({
      name: 'zerodb_follower_parked',
      help: 'Records that the follower refuses.',
      registers: [registry],
    });
    registerLag(registry, directory, follower);
  }
}

function registerLag(registry: Registry, directory: CopyDirectory, follower: string): void {
  new Gauge({
    name: 'zerodb_follower_lag_records',
    help: 'Records that the follower has not applied yet.',
    labelNames: ['follower'],
    registers: [registry],
    collect() {
      this.set({ follower }, directory.lag.records);
    },
  });
  new Gauge({
    name: 'zerodb_follower_lag_seconds',
    help: 'Age of the oldest change that the follower has not applied yet.',
    labelNames: ['follower'],
    registers: [registry],
    collect() {
      this.set({ follower }, directory.lag.seconds);
    },
  });
  new Gauge({
    name: 'zerodb_follower_collection_lag_records',
    help: 'The same by collection (its number), for those with the largest.',
    labelNames: ['follower', 'collection'],
    registers: [registry],
    collect() {
      this.reset();
      const largest = [...directory.lagsByCollection].sort(([, a], [, b]) => b.records - a.records);
      for (const [collection, { records }] of largest.slice(0, MAX_COLLECTIONS)) {
        this.set({ follower, collection: String(collection) }, records);
      }
    },
  });
}
