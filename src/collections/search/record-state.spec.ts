import type { Database } from '../../database/database.port';
import { RecordStates } from './record-state';

const scope = { projectId: 1, projectName: 'p' };

/** Statements that are answered by hand, in the order in which they were begun. */
const heldDatabase = () => {
  const begun: { readonly answer: (state: string) => void; readonly fail: () => void }[] = [];
  const queryByPlan = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const row = { id: 1, revision: '1' };
      begun.push({
        answer: (state) => resolve({ rows: [{ ...row, state }], rowCount: 1 }),
        fail: () => reject(new Error('gone')),
      });
    });
  return { begun, states: new RecordStates({ queryByPlan } as unknown as Database) };
};

const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

describe('the state of a collection', () => {
  it('is never that of a read which began before the caller came', async () => {
    const { begun, states } = heldDatabase();
    const first = states.now(scope, 'c');
    const later = [states.now(scope, 'c'), states.now(scope, 'c')];
    await settled();
    expect(begun).toHaveLength(1);
    begun[0]?.answer('before');
    await settled();
    expect(begun).toHaveLength(2);
    const latest = states.now(scope, 'c');
    begun[1]?.answer('after');
    await settled();
    begun[2]?.answer('last');
    const found = await Promise.all([first, ...later, latest]);
    expect(found.map((state) => state?.state)).toEqual(['before', 'after', 'after', 'last']);
  });

  it('is read again after a failure, which only those see who waited for it', async () => {
    const { begun, states } = heldDatabase();
    const first = states.now(scope, 'c');
    const second = states.now(scope, 'c');
    begun[0]?.fail();
    await expect(first).rejects.toThrow('gone');
    await settled();
    begun[1]?.answer('there');
    expect(await second).toMatchObject({ state: 'there' });
    const third = states.now(scope, 'c');
    await settled();
    expect(begun).toHaveLength(3);
    begun[2]?.answer('again');
    expect(await third).toMatchObject({ state: 'again' });
  });

  it('of other collections and projects is read beside it', async () => {
    const { begun, states } = heldDatabase();
    void states.now(scope, 'c');
    void states.now(scope, 'd');
    void states.now({ projectId: 2, projectName: 'q' }, 'c');
    await settled();
    expect(begun).toHaveLength(3);
    for (const { answer } of begun) answer('x');
  });
});
