import { ProjectionRepository } from '../../src/collections/projection/projection.repository';
import { ProjectionService } from '../../src/collections/projection/projection.service';
import { openAdmission } from '../support/admission';
import { openRecord, type OpenRecord } from '../support/record';
import { describeWith, services } from '../support/services';

/** Two clouds far from each other, told apart by `side`. */
const twoClouds = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    id: `r${n}`,
    vector: [n % 2 === 0 ? 5 : -5, Math.sin(n), Math.cos(n * 7) / 10],
    metadata: n === 0 ? {} : { side: n % 2 === 0 ? 'right' : 'left', tags: ['x'.repeat(300), 'y'] },
  }));

const suite = (engine: 'embedded' | 'server') => (): void => {
  let record: OpenRecord;
  let projections: ProjectionService;
  const admission = openAdmission();

  beforeAll(async () => {
    record = await openRecord(engine);
    projections = new ProjectionService(
      record.collections,
      record.operations,
      new ProjectionRepository(record.database),
      record.recordsRepository,
      admission,
    );
    await record.collections.put(record.scope, 'clouds', { dimension: 3, metric: 'euclid' });
    await record.records.upsert(record.scope, 'clouds', twoClouds(60));
  });
  afterAll(async () => {
    await projections.beforeApplicationShutdown();
    admission.onModuleDestroy();
    await record.drop();
  });

  const finished = async (id: string) => {
    for (;;) {
      const operation = await record.operations.get(record.scope, id);
      if (operation.state !== 'running') return operation;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const begin = async (name: string) => await finished((await projections.begin(record.scope, name)).id);

  it('is made in the background, and shows what is apart as apart', async () => {
    expect(await begin('clouds')).toMatchObject({ state: 'succeeded', result: { records: 60, points: 60 } });
    const { projection, values } = await projections.current(record.scope, 'clouds', 'side');
    const sides = projection.ids.map((id, index) => ({
      id,
      side: values.get(id),
      x: projection.coordinates[index * 2] ?? 0,
    }));
    const xs = (wanted: string): number[] => sides.filter(({ side }) => side === wanted).map(({ x }) => x);
    const [left, right] = [xs('left'), xs('right')];
    expect([left.length, right.length]).toEqual([30, 29]);
    expect(Math.max(...left) < Math.min(...right) || Math.max(...right) < Math.min(...left)).toBe(true);
    expect(sides.find(({ id }) => id === 'r0')?.side).toBeUndefined();
  });

  it('cuts long values, and takes the first of many', async () => {
    const { values } = await projections.current(record.scope, 'clouds', 'tags');
    expect(values.get('r1')).toBe('x'.repeat(100));
  });

  it('is made anew when something changed, and only then', async () => {
    const before = (await projections.current(record.scope, 'clouds')).projection;
    await begin('clouds');
    expect((await projections.current(record.scope, 'clouds')).projection).toBe(before);
    await record.records.delete(record.scope, 'clouds', 'r59');
    await begin('clouds');
    expect((await projections.current(record.scope, 'clouds')).projection.ids).toHaveLength(59);
  });

  it('is one operation for all who ask at once', async () => {
    await record.collections.put(record.scope, 'asked', { dimension: 3 });
    await record.records.upsert(record.scope, 'asked', twoClouds(10));
    const [made] = await Promise.all([
      projections.begin(record.scope, 'asked').then(async ({ id }) => await finished(id)),
      projections.current(record.scope, 'asked'),
    ]);
    expect(made).toMatchObject({ state: 'succeeded', result: { points: 10 } });
  });

  it('is empty for an empty collection, and takes a sample of a large one', async () => {
    await record.collections.put(record.scope, 'empty', { dimension: 3 });
    expect((await projections.current(record.scope, 'empty')).projection.ids).toEqual([]);
    await record.collections.put(record.scope, 'large', { dimension: 2, metric: 'euclid' });
    const many = Array.from({ length: 6_000 }, (_, n) => ({ id: `n${n}`, vector: [n, n % 7], metadata: {} }));
    await record.records.upsert(record.scope, 'large', many);
    const { projection } = await projections.current(record.scope, 'large');
    expect(projection.records).toBe(6_000);
    expect(projection.ids).toHaveLength(5_000);
    expect(new Set(projection.ids).size).toBe(5_000);
  });

  it('knows nothing of another project’s collections', async () => {
    const other = await record.project('other');
    await expect(projections.begin(other, 'clouds')).rejects.toMatchObject({ code: 'not_found' });
    await expect(projections.current(other, 'clouds')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('names what is wrong with a field', async () => {
    const faults = [{ path: 'query:color_by' }];
    await expect(projections.current(record.scope, 'clouds', 'a..b')).rejects.toMatchObject({ faults });
    await expect(projections.current(record.scope, 'clouds', '@id')).rejects.toMatchObject({ faults });
  });
};

describe('projections: embedded', suite('embedded'));
describeWith(services.postgresUrl)('projections: server', suite('server'));
