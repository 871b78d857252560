import { seededRandom } from '../../common/seeded-random';
import { similarity } from '../advanced/vector-math';
import { METRICS } from '../metric';
import { RecallMeter, type QueryRanks } from './recall-meter';

const DIMENSION = 40;
const random = seededRandom(3);
const rowsOf = (count: number): Float32Array =>
  Float32Array.from({ length: count * DIMENSION }, () => random() * 2 - 1);
const idsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${index}`);
const rowAt = (rows: Float32Array, index: number): number[] => [
  ...rows.subarray(index * DIMENSION, (index + 1) * DIMENSION),
];

const measured = (metric: (typeof METRICS)[number], rows: Float32Array, queries = 3): QueryRanks[] => {
  const count = rows.length / DIMENSION;
  const vectors = rows.slice(0, queries * DIMENSION);
  const centre = Array.from({ length: DIMENSION }, () => 0);
  const meter = new RecallMeter({ dimension: DIMENSION, metric, centre, ids: idsOf(queries), vectors });
  const half = Math.floor(count / 2);
  const ids = idsOf(count);
  meter.add(ids.slice(0, half), rows.subarray(0, half * DIMENSION));
  meter.add(ids.slice(half), rows.subarray(half * DIMENSION));
  return meter.result();
};

describe('RecallMeter', () => {
  it.each(METRICS)('ranks the true neighbours by their bits as a sort of all records does, by %s', (metric) => {
    const rows = rowsOf(500);
    const signs = (row: readonly number[]): boolean[] => row.map((value) => value > 0);
    measured(metric, rows).forEach((query, at) => {
      const own = rowAt(rows, at);
      const others = Array.from({ length: 500 }, (_, index) => index)
        .filter((index) => index !== at)
        .map((index) => {
          const row = rowAt(rows, index);
          const ownSigns = signs(own);
          const bits = signs(row).filter((sign, place) => sign !== ownSigns[place]).length;
          return { likeness: similarity(metric, own, row), bits };
        })
        .sort((a, b) => b.likeness - a.likeness);
      const ten = others.slice(0, 10);
      const expected = ten.map(({ bits }) => {
        const good = ten.filter((one) => one.bits === bits).length;
        return (
          1 + others.filter((one) => one.bits < bits).length + others.filter((one) => one.bits === bits).length - good
        );
      });
      expect([...query.ranks10].sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
      expect(query.ranks100).toHaveLength(100);
      expect(query.half).toBeGreaterThan(0.9);
    });
  });

  it('takes any of many equal records for a right answer', () => {
    const row = rowAt(rowsOf(1), 0);
    const rows = Float32Array.from({ length: 1_000 * DIMENSION }, (_, at) => row[at % DIMENSION] ?? 0);
    for (const { ranks10, half } of measured('cosine', rows)) {
      expect(Math.max(...ranks10)).toBeLessThanOrEqual(10);
      expect(half).toBe(1);
    }
  });

  it('measures zeros and huge numbers without a fault', () => {
    const rows = rowsOf(300);
    rows.fill(0, 5 * DIMENSION, 6 * DIMENSION);
    rows.fill(3e38, 7 * DIMENSION, 8 * DIMENSION);
    for (const metric of METRICS) {
      for (const { ranks10 } of measured(metric, rows, 9)) expect(ranks10.every((rank) => rank >= 1)).toBe(true);
    }
  });
});
