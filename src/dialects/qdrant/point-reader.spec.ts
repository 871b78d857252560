import type { Collection } from '../../collections/collection';
import type { RecordsService } from '../../collections/records/records.service';
import { PointReader } from './point-reader';

const KIB = 1024;
const scope = { projectId: 1, projectName: 'p' };
const collection = { name: 'c', dimension: 2, metric: 'dot', settings: {} } as unknown as Collection;

/** Points whose payloads have `bytes` each. */
const readerOf = (bytes: number) => {
  const sizes = jest.fn((_scope: unknown, _name: string, { ids }: { ids: string[] }) =>
    Promise.resolve(ids.map((id) => ({ id, bytes }))),
  );
  const list = (_scope: unknown, _name: string, { ids }: { ids: string[] }) =>
    Promise.resolve({ data: ids.map((id) => ({ id, version: 1, metadata: {} })) });
  return { reader: new PointReader({ sizes, list } as unknown as RecordsService), sizes };
};
const idsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

describe('points with payloads', () => {
  const include = { metadata: true, text: false, vector: false };

  it('are read up to 64 MiB', async () => {
    const { reader } = readerOf(64 * KIB);
    const { rows, read } = await reader.read(scope, collection, idsOf(2_000), include);
    expect([rows.size, read]).toEqual([1_024, 1_024]);
    expect((await readerOf(KIB).reader.read(scope, collection, idsOf(2_000), include)).read).toBe(2_000);
  });

  it('are weighed only where they are many, and wanted', async () => {
    const { reader, sizes } = readerOf(KIB);
    await reader.read(scope, collection, idsOf(1_000), include);
    await reader.read(scope, collection, idsOf(2_000), { ...include, metadata: false });
    expect(sizes).not.toHaveBeenCalled();
  });
});
