import { BackgroundWork } from '../../src/common/background-work';
import { CompressionChange } from '../../src/collections/compression/compression-change';
import { CompressionRepository } from '../../src/collections/compression/compression.repository';
import { CompressionService } from '../../src/collections/compression/compression.service';
import { Compressor } from '../../src/collections/compression/compressor';
import { IndexChanger } from '../../src/collections/compression/index-changer';
import { RecallMeasurer } from '../../src/collections/compression/recall-measurer';
import { seededRandom } from '../../src/common/seeded-random';
import type { OpenRecord } from './record';

/** Compression on the given record; background work runs when a test says so (`settle`). */
export function openCompression(record: OpenRecord) {
  const { database, repository, operations, collections } = record;
  const rows = new CompressionRepository(database);
  const changer = new IndexChanger(database, rows);
  const change = new CompressionChange(repository, rows, new RecallMeasurer(rows), changer, operations);
  change.keepOldMs = 0;
  const worker = (): Compressor => new Compressor(repository, rows, change, new BackgroundWork('all'));
  const compressor = worker();
  return {
    rows,
    changer,
    compressor,
    /** Another replica's. */
    worker,
    service: new CompressionService(collections, rows, operations),
    async settle(signal = AbortSignal.timeout(120_000)): Promise<void> {
      await compressor.work(signal);
    },
  };
}

/** Vectors around centres of their own, far from the origin: signs alone can't tell them apart. */
export function clustered(
  count: number,
  dimension: number,
  { seed = 5, clusters = 40, offset = 2, spread = 0.6 } = {},
): number[][] {
  const random = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centres = Array.from({ length: clusters }, () => Array.from({ length: dimension }, normal));
  return Array.from({ length: count }, (_, index) =>
    (centres[index % clusters] ?? []).map((value) => Math.fround(offset + value + spread * normal())),
  );
}
