import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import { Metrics } from '../telemetry/metrics';
import type { SearchMode } from './search/search-request';

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const BUILD_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200];

/** How long writes and searches take, and how the vector indexes keep up. Labels are closed lists. */
@Injectable()
export class CollectionMetrics {
  private readonly writes: Histogram;
  private readonly written: Counter;
  private readonly searches: Histogram;
  private readonly builds: Histogram;
  private readonly building: Gauge;
  private readonly indexed: Counter;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.writes = new Histogram({
      name: 'zerodb_insert_duration_seconds',
      help: 'Duration of stored batches of records, including embedding.',
      buckets: SECONDS,
      registers,
    });
    this.written = new Counter({ name: 'zerodb_records_stored_total', help: 'Records stored by batches.', registers });
    this.searches = new Histogram({
      name: 'zerodb_search_duration_seconds',
      help: 'Duration of answered searches, including embedding.',
      labelNames: ['mode'],
      buckets: SECONDS,
      registers,
    });
    this.builds = new Histogram({
      name: 'zerodb_index_build_duration_seconds',
      help: 'Duration of rounds that moved records into a vector index.',
      buckets: BUILD_SECONDS,
      registers,
    });
    this.building = new Gauge({ name: 'zerodb_index_builds_running', help: 'Running rounds.', registers });
    this.indexed = new Counter({
      name: 'zerodb_index_records_total',
      help: 'Records moved into vector indexes.',
      registers,
    });
  }

  stored(records: number, milliseconds: number): void {
    this.writes.observe(milliseconds / 1000);
    this.written.inc(records);
  }

  searched(mode: SearchMode, milliseconds: number): void {
    this.searches.observe({ mode }, milliseconds / 1000);
  }

  /** Returns what is to be called when the round is over, with the records it moved. */
  startBuild(): (records: number) => void {
    this.building.inc();
    const stop = this.builds.startTimer();
    return (records) => {
      stop();
      this.building.dec();
      this.indexed.inc(records);
    };
  }
}
