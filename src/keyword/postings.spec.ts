import { int4ArrayValue } from '../common/binary-values';
import type { Executor } from '../database/database.port';
import { signatureOf } from './analyse';
import { hashTerm } from './term';
import { deletePostings, postingsTable, replacePostings } from './postings';

const COLLECTION = { id: 7, projectId: 3, language: 'en' } as const;
const SIGNATURE = signatureOf('en');

function recorder(): { tx: Executor; calls: { sql: string; params: readonly unknown[] }[] } {
  const calls: { sql: string; params: readonly unknown[] }[] = [];
  const tx: Executor = {
    query: (sql, params = []) => {
      calls.push({ sql, params });
      return Promise.resolve({ rows: [], rowCount: 0 });
    },
  };
  return { tx, calls };
}

describe('replacePostings', () => {
  it('takes two statements for a batch, and sends each id once', async () => {
    const { tx, calls } = recorder();
    await replacePostings(tx, COLLECTION, [
      { id: 'a', text: 'wing flow wing' },
      { id: 'b', text: null },
      { id: 'c', text: '' },
    ]);
    expect(calls.map((call) => call.sql.split(' ')[0])).toEqual(['DELETE', 'INSERT']);
    expect(calls[0]?.params).toEqual([['a', 'b', 'c']]);
    const terms = [0, hashTerm('wing'), hashTerm('flow'), 0];
    const numbers = [[1, 1, 1, 2], terms, [SIGNATURE, 2, 1, SIGNATURE]].map(int4ArrayValue);
    expect(calls[1]?.params).toEqual([7, 3, ...numbers, ['a', 'c'], int4ArrayValue([3, 0])]);
  });

  it('inserts nothing for records without text, and does nothing without records', async () => {
    const { tx, calls } = recorder();
    await replacePostings(tx, COLLECTION, [{ id: 'a', text: null }]);
    await replacePostings(tx, COLLECTION, []);
    await deletePostings(tx, COLLECTION, []);
    expect(calls).toHaveLength(1);
  });

  it('splits what is too much for one statement', async () => {
    const { tx, calls } = recorder();
    const words = Array.from({ length: 30_000 }, (_, i) => `w${i}`).join(' ');
    await replacePostings(
      tx,
      COLLECTION,
      ['a', 'b', 'c'].map((id) => ({ id, text: words })),
    );
    expect(calls.slice(1).map((call) => (call.params[5] as string[]).join())).toEqual(['a,b', 'c']);
  });

  it('holds term frequencies within a smallint', async () => {
    const { tx, calls } = recorder();
    await replacePostings(tx, COLLECTION, [{ id: 'a', text: 'wing '.repeat(40_000) }]);
    expect(calls[1]?.params[4]).toEqual(int4ArrayValue([SIGNATURE, 32_767]));
  });
});

describe('postingsTable', () => {
  it('takes integers only', () => {
    expect(postingsTable(7)).toBe('zerodb_postings_7');
    expect(() => postingsTable(1.5)).toThrow(TypeError);
  });
});
