import { Injectable } from '@nestjs/common';
import { readVector } from '../../common/binary-values';
import type { Collection } from '../collection';
import { CompressionRepository, type ReadVector } from './compression.repository';
import type { Measurement } from './measurement';
import { curveOf } from './recall-curve';
import { RecallThread } from './recall-thread';

/** Multiplications of one measurement: seconds of one core. */
const BUDGET = 6e9;
/** With fewer, the lower end of the interval stays below usual targets even where everything is found. */
const QUERIES = 200;
/** Numbers in one page: small enough that the embedded database serves others in between. */
const PAGE_NUMBERS = 100_000;
/** As many queries are asked of the real index afterwards. */
export const ASKED = 50;

type Report = (done: number, total: number) => Promise<void>;

/** With how many of a thousand records a measurement can afford to compare its queries. */
function perMilleOf(records: number, dimension: number): number {
  const share = BUDGET / Math.max(1, records * dimension * QUERIES);
  return Math.max(1, Math.min(1_000, Math.floor(1_000 * share)));
}

/**
 * Measures how well codes find the neighbours of a collection's own records: each of a sample is a query, and all others
 * are compared with it, exactly and by their codes.
 */
@Injectable()
export class RecallMeasurer {
  constructor(private readonly repository: CompressionRepository) {}

  /** `centre`: the one that an index was made with; a new one is found where none is given. */
  async measure(
    collection: Collection,
    signal: AbortSignal,
    report: Report,
    centre?: readonly number[],
  ): Promise<Measurement> {
    const records = await this.repository.count(collection);
    const perMille = perMilleOf(records, collection.dimension);
    const queries = await this.repository.sample(collection, records, QUERIES);
    const used = centre ?? (await this.repository.centre(collection, records));
    const { dimension, metric } = collection;
    const task = {
      dimension,
      metric,
      centre: used,
      ids: queries.map(({ id }) => id),
      vectors: joined(queries, dimension),
    };
    const thread = new RecallThread(task);
    try {
      const total = Math.ceil((records * perMille) / 1_000);
      const sampled = await this.compareAll(collection, thread, perMille, signal, (done) => report(done, total));
      const ranks = await thread.result(signal);
      return {
        records,
        sampled,
        queries: queries.length,
        centre: used,
        curve: curveOf(ranks, records / Math.max(1, sampled)),
        asked: ranks.slice(0, ASKED).map(({ id }) => id),
      };
    } finally {
      await thread.close();
    }
  }

  private async compareAll(
    collection: Collection,
    thread: RecallThread,
    perMille: number,
    signal: AbortSignal,
    report: (done: number) => Promise<void>,
  ): Promise<number> {
    const limit = Math.max(20, Math.floor(PAGE_NUMBERS / collection.dimension));
    let after: string | undefined;
    let done = 0;
    for (;;) {
      signal.throwIfAborted();
      const rows = await this.repository.page(collection, after, limit, perMille);
      after = rows.at(-1)?.id;
      if (after === undefined) return done;
      await thread.add(
        rows.map(({ id }) => id),
        joined(rows, collection.dimension),
        signal,
      );
      done += rows.length;
      await report(done);
    }
  }
}

function joined(rows: readonly ReadVector[], dimension: number): Float32Array<ArrayBuffer> {
  const vectors = new Float32Array(rows.length * dimension);
  rows.forEach(({ vector }, index) => readVector(vector, vectors, index * dimension));
  return vectors;
}
