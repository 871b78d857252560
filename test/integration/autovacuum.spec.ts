import { vacuumDeadRows } from '../../src/database/embedded/autovacuum';
import { openRecord } from '../support/record';

it('removes the dead rows of the embedded engine, which has no autovacuum of its own', async () => {
  const record = await openRecord('embedded');
  try {
    await record.collections.put(record.scope, 'busy', { dimension: 1, metric: 'dot' });
    const write = () =>
      record.records.upsert(
        record.scope,
        'busy',
        Array.from({ length: 500 }, (_, i) => ({ id: `r${i}`, vector: [i] })),
      );
    await write();
    expect(await vacuumDeadRows(record.database.system)).toEqual([]);
    for (let i = 0; i < 4; i++) await write();
    const { collection } = await record.collections.get(record.scope, 'busy');
    expect(await vacuumDeadRows(record.database.system)).toEqual([`zerodb_vectors_${collection.id}`]);
    expect(await vacuumDeadRows(record.database.system)).toEqual([]);
    expect(await record.records.count(record.scope, 'busy', {})).toBe(500);
  } finally {
    await record.drop();
  }
});
