import * as fc from 'fast-check';
import { parseAmount } from '../commands/size';
import { estimate, indexBytes, rowBytes, SCHEMES, type Scheme, type Workload } from './estimate';

const LOAD: Workload = {
  records: 1_000_000,
  dimension: 384,
  qps: 100,
  writes: 0,
  textBytes: 500,
  metadataBytes: 200,
  compression: 'none',
  qdrant: false,
  standbys: 0,
  fileBytes: 0,
};

const of = (change: Partial<Workload>) => estimate({ ...LOAD, ...change });
const needs = (change: Partial<Workload>, name: string) => of(change).roles.find(({ role }) => role === name);

describe('the size of an index', () => {
  // The figures of docs/compression.md.
  it.each<[Scheme, number]>([
    ['none', 2_049],
    ['half', 1_173],
    ['binary', 351],
  ])('with the compression "%s" is what was measured', (compression, measured) => {
    const bytes = indexBytes({ ...LOAD, compression });
    expect(Math.abs(bytes / measured - 1)).toBeLessThan(0.03);
  });

  it('is nothing where records are compared exactly', () => {
    expect(indexBytes({ ...LOAD, records: 1_999 })).toBe(0);
  });

  it('is never more for fewer bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), (dimension) => {
        const [none = 0, half = 0, binary = 0] = (['none', 'half', 'binary'] as const).map((compression) =>
          indexBytes({ ...LOAD, dimension, compression }),
        );
        expect(binary).toBeLessThanOrEqual(half);
        expect(half).toBeLessThanOrEqual(none);
      }),
    );
  });
});

describe('the size of a row', () => {
  // The figures of docs/capacity.md: without text, and before the row is written again.
  it.each([
    [768, 4_096],
    [1536, 8_192],
  ])('with %d dimensions is what was measured', (dimension, measured) => {
    const bytes = rowBytes({ ...LOAD, dimension, textBytes: 0, metadataBytes: 80 });
    expect(Math.abs(bytes / measured - 1)).toBeLessThan(0.03);
  });

  it('counts the words of its text', () => {
    const { words } = of({ textBytes: 400 }).bytesPerRecord;
    expect(Math.abs(words / 4_712 - 1)).toBeLessThan(0.05);
  });
});

describe('an estimate', () => {
  const workload = fc.record({
    records: fc.integer({ min: 0, max: 1_000_000_000 }),
    dimension: fc.integer({ min: 1, max: 2_000 }),
    qps: fc.integer({ min: 0, max: 100_000 }),
    writes: fc.integer({ min: 0, max: 100_000 }),
    textBytes: fc.integer({ min: 0, max: 100_000 }),
    metadataBytes: fc.integer({ min: 0, max: 10_000 }),
    compression: fc.constantFrom(...SCHEMES),
    qdrant: fc.boolean(),
    standbys: fc.integer({ min: 0, max: 3 }),
    fileBytes: fc.integer({ min: 0, max: 2 ** 40 }),
  });
  const total = (load: Workload): number[] => {
    const { roles, monthly } = estimate(load);
    const sum = (key: 'processors' | 'memoryBytes' | 'diskBytes'): number =>
      roles.reduce((all, role) => all + role.instances * role[key], 0);
    return [sum('processors'), sum('memoryBytes'), sum('diskBytes'), monthly];
  };

  it('is finite, positive, and never falls when the workload grows', () => {
    const grown = fc.constantFrom<keyof Workload>('records', 'qps', 'writes', 'textBytes', 'standbys', 'fileBytes');
    fc.assert(
      fc.property(workload, grown, (load, key) => {
        const before = total(load);
        const after = total({ ...load, [key]: Number(load[key]) * 2 + 1 });
        expect(before.every((value) => Number.isFinite(value) && value > 0)).toBe(true);
        // Bytes are rounded up; money is rounded to cents.
        after.forEach((value, index) => expect(value).toBeGreaterThanOrEqual((before[index] ?? 0) - 0.01));
      }),
    );
  });

  it('names the roles that the workload has', () => {
    expect(of({}).roles.map(({ role }) => role)).toEqual(['api', 'worker', 'postgres']);
    expect(of({ qdrant: true, fileBytes: 1 }).roles.map(({ role }) => role)).toEqual([
      'api',
      'worker',
      'postgres',
      'qdrant',
      'object_store',
    ]);
  });

  it('has two processes for requests at least, and one processor for each', () => {
    expect(needs({ qps: 1 }, 'api')).toMatchObject({ instances: 2, processors: 1 });
    expect(needs({ qps: 2_000 }, 'api')?.instances).toBe(9);
  });

  it('counts standbys as whole instances, and needs less memory in Postgres beside Qdrant', () => {
    expect(needs({ standbys: 2 }, 'postgres')?.instances).toBe(3);
    expect(needs({ qdrant: true }, 'postgres')?.memoryBytes).toBeLessThan(needs({}, 'postgres')?.memoryBytes ?? 0);
  });

  it('goes by the prices that it is given', () => {
    const free = estimate(LOAD, { processor: 0, memoryGb: 0, diskGb: 0 });
    expect(free.monthly).toBe(0);
    const processors = estimate(LOAD, { processor: 10, memoryGb: 0, diskGb: 0 });
    expect(processors.monthly).toBe(
      10 * processors.roles.reduce((sum, role) => sum + role.instances * role.processors, 0),
    );
  });
});

describe('an amount', () => {
  it.each([
    ['0', 0],
    ['250000', 250_000],
    ['10M', 10_000_000],
    ['1.5b', 1_500_000_000],
    ['2k', 2_000],
  ])('"%s" is %d', (text, value) => expect(parseAmount(text, 1e12)).toBe(value));

  it.each(['', 'M', '-1', '1e6', '1.', '10 M', '10MM', '0x10', 'Infinity', '1T', '2000B', '1'.repeat(400)])(
    '"%s" is refused',
    (text) => expect(() => parseAmount(text, 1e12)).toThrow(/must be a number/),
  );
});
