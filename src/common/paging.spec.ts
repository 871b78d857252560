import fc from 'fast-check';
import { decodeCursor, encodeCursor, fingerprintOf, pageOf, type CursorKeys } from './paging';

const PRINT = fingerprintOf({ filter: 'a' });
const key = fc.oneof(
  fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0') && text.isWellFormed()),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
);
const raw = (content: string): string => Buffer.from(content).toString('base64url');

describe('cursors', () => {
  it('return the keys that they were made of', () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1 }), (keys) => {
        expect(decodeCursor(encodeCursor(keys, PRINT), PRINT, keys.length, '/cursor')).toEqual(keys);
      }),
    );
  });

  it('are refused by a list with another filter, and by one with more or fewer sort keys', () => {
    const cursor = encodeCursor(['a', 1], PRINT);
    expect(() => decodeCursor(cursor, fingerprintOf({ filter: 'b' }), 2, '/cursor')).toThrow(/another filter or sort/);
    for (const count of [1, 3])
      expect(() => decodeCursor(cursor, PRINT, count, '/cursor')).toThrow(/not valid for this list/);
  });

  it.each([
    ['nothing', ''],
    ['no base64', '%%%'],
    ['no JSON', raw('[')],
    ['no list', raw('{"0":1}')],
    ['an empty list', raw('[]')],
    ['a list as a key', raw(JSON.stringify([PRINT, ['a']]))],
    ['null as a key', raw(JSON.stringify([PRINT, null]))],
    ['an object as a key', raw(JSON.stringify([PRINT, {}]))],
    ['a number that is not finite', raw(`["${PRINT}",1e999]`)],
    ['a NUL, which Postgres cannot store', raw(JSON.stringify([PRINT, 'a\0']))],
    ['half a character', raw(`["${PRINT}","\\ud800"]`)],
  ])('refuse %s', (_, cursor) => {
    expect(() => decodeCursor(cursor, PRINT, 1, '/cursor')).toThrow(/not valid for this list/);
  });

  it('belong to one request: equal ones have one fingerprint, others another', () => {
    expect(fingerprintOf({ a: [1, 'x'] })).toBe(fingerprintOf({ a: [1, 'x'] }));
    expect(fingerprintOf({ a: [1, 'y'] })).not.toBe(fingerprintOf({ a: [1, 'x'] }));
    expect(fingerprintOf(undefined)).toBe(fingerprintOf(null));
    expect(PRINT).toMatch(/^[\w-]{12}$/);
  });
});

describe('pageOf', () => {
  const cut = (rows: readonly number[], limit: number) =>
    pageOf(
      rows,
      limit,
      (row) => `row ${row}`,
      (row): CursorKeys => [row],
      PRINT,
    );

  it('shows at most `limit` rows, and has a cursor behind the last one shown while there are more', () => {
    expect(cut([1, 2, 3], 2)).toEqual({
      data: ['row 1', 'row 2'],
      has_more: true,
      next_cursor: encodeCursor([2], PRINT),
    });
    expect(cut([1, 2], 2)).toEqual({ data: ['row 1', 'row 2'], has_more: false, next_cursor: null });
    expect(cut([], 2)).toEqual({ data: [], has_more: false, next_cursor: null });
    expect(cut([1], 0)).toEqual({ data: [], has_more: false, next_cursor: null });
  });

  it('leads through all rows, each once, whatever the size of the pages', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { maxLength: 30 }), fc.integer({ min: 1, max: 8 }), (unsorted, limit) => {
        const all = unsorted.sort((a, b) => a - b);
        const seen: string[] = [];
        for (let after = -1, more = true; more;) {
          const page = cut(all.filter((row) => row > after).slice(0, limit + 1), limit);
          seen.push(...page.data);
          more = page.has_more;
          if (page.next_cursor !== null) after = Number(decodeCursor(page.next_cursor, PRINT, 1, '/cursor')[0]);
        }
        expect(seen).toEqual(all.map((row) => `row ${row}`));
      }),
    );
  });
});
