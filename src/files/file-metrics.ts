import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../telemetry/metrics';

/** Metrics of files. */
@Injectable()
export class FileMetrics {
  /** Copies that were found missing, short or changed. */
  readonly damaged: Counter;
  readonly repaired: Counter;
  readonly spooled: Counter;
  readonly moved: Counter;
  readonly orphans: Counter;
  readonly savedBytes: Counter;

  readonly spoolBytes: Gauge;
  readonly spoolLimit: Gauge;

  constructor({ registry }: Metrics) {
    const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
      new Counter({ name: `zerodb_files_${name}_total`, help, labelNames, registers: [registry] });
    const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [registry] });
    this.spoolBytes = gauge('zerodb_files_spool_bytes', 'Bytes in Postgres that wait for the object store.');
    this.spoolLimit = gauge('zerodb_files_spool_limit_bytes', 'Maximum bytes that may wait there.');
    this.damaged = counter('damaged_copies', 'Copies that did not have the bytes that were written.', ['store']);
    this.repaired = counter('repaired_copies', 'Copies that were recreated from another one.', ['store']);
    this.spooled = counter('spooled', 'Uploads that went only to the spool or the mirror.');
    this.moved = counter('moved_copies', 'Copies created in the background.', ['store']);
    this.orphans = counter('orphans_removed', 'Objects without a row.', ['store']);
    this.savedBytes = counter('compression_saved_bytes', 'Bytes saved by compression.');
  }
}
