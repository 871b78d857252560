import fc from 'fast-check';
import { knownOf, place, replace, type Known } from './plan';
import type { MemoryRow } from '../memory';

const day = (n: number): Date => new Date(Date.UTC(2024, 0, n));
const fact = (id: string, value: string, from: number, more: Partial<Known> = {}): Known => ({
  id,
  order: from,
  kind: 'fact',
  chain: 'c',
  value,
  validFrom: day(from),
  endsAt: null,
  expiresAt: null,
  isDeleted: false,
  validTo: null,
  supersededAt: null,
  supersededBy: null,
  ...more,
});
const put = (timeline: Known[], id: string, value: string, from: number, endsAt: Date | null = null) =>
  place({ id, value, validFrom: day(from), endsAt }, timeline, day(30));

describe('place', () => {
  it('lets a later fact supersede the present one', () => {
    const timeline = [fact('a', 'blue', 1)];
    expect(put(timeline, 'b', 'red', 5)).toMatchObject({ validTo: null, supersedes: ['a'] });
    expect(timeline[0]).toMatchObject({ validTo: day(5), supersededBy: 'b' });
  });

  it('files a fact of before into the past: it supersedes nothing and ends where the next begins', () => {
    const timeline = [fact('a', 'blue', 1, { validTo: day(9), supersededBy: 'b' }), fact('b', 'red', 9)];
    expect(put(timeline, 'x', 'green', 5)).toMatchObject({ validTo: day(9), supersededBy: 'b', supersedes: [] });
    expect(timeline.map(({ validTo, supersededBy }) => [validTo, supersededBy])).toEqual([
      [day(5), 'b'],
      [null, null],
    ]);
  });

  it('leaves the same value alone', () => {
    const timeline = [fact('a', 'blue', 1)];
    expect(put(timeline, 'b', 'blue', 5)).toMatchObject({ validTo: null, supersedes: [] });
    expect(timeline[0]?.validTo).toBeNull();
  });

  it('keeps a declared end that comes first', () => {
    expect(put([fact('b', 'red', 9)], 'x', 'green', 5, day(6))).toMatchObject({ validTo: day(6), supersededBy: null });
  });

  it('does not count a deleted fact as superseded', () => {
    expect(put([fact('a', '#a', 1, { isDeleted: true })], 'b', 'red', 5).supersedes).toEqual([]);
  });
});

describe('a timeline, in whatever order its facts come', () => {
  const facts = fc.array(
    fc.record({ value: fc.constantFrom('blue', 'red', 'green'), from: fc.integer({ min: 1, max: 12 }) }),
    {
      maxLength: 12,
    },
  );
  const timelineOf = (said: readonly { readonly value: string; readonly from: number }[]): Known[] => {
    const timeline: Known[] = [];
    for (const [order, { value, from }] of said.entries()) {
      const placed = put(timeline, `f${order}`, value, from);
      timeline.push(fact(`f${order}`, value, from, { ...placed, order }));
    }
    return timeline;
  };
  const valuesAt = (timeline: readonly Known[], at: Date): (string | null)[] => [
    ...new Set(
      timeline
        .filter((row) => row.validFrom <= at && (row.validTo === null || row.validTo > at))
        .map((row) => row.value),
    ),
  ];

  it('has at every moment the value of the last fact that had begun', () => {
    fc.assert(
      fc.property(facts, (said) => {
        const timeline = timelineOf(said);
        for (let at = 1; at <= 13; at += 1) {
          const begun = said.filter(({ from }) => from <= at);
          const latest = Math.max(...begun.map(({ from }) => from));
          const expected = begun.filter(({ from }) => from === latest).at(-1);
          expect(valuesAt(timeline, day(at))).toEqual(expected ? [expected.value] : []);
        }
      }),
    );
  });

  it('supersedes what was the present, and nothing else', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom('blue', 'red'), fc.integer({ min: 1, max: 14 }), (said, value, from) => {
        const timeline = timelineOf(said);
        const others = timeline.filter((row) => row.value !== value);
        const present = others.filter((row) => row.validTo === null || row.validTo > day(from));
        const isPast = others.some((row) => row.validFrom > day(from));
        const { supersedes, supersededBy } = put(timeline, 'new', value, from);
        expect(supersedes).toEqual(
          isPast ? [] : present.filter((row) => row.validFrom <= day(from)).map(({ id }) => id),
        );
        expect(supersededBy !== null).toBe(isPast);
      }),
    );
  });
});

describe('place, at the edges', () => {
  it('says when it was superseded, and leaves a deleted fact’s own record alone', () => {
    const timeline = [fact('a', 'blue', 1), fact('x', '#x', 2, { isDeleted: true })];
    put(timeline, 'b', 'red', 5);
    expect(timeline.map(({ validTo, supersededAt, supersededBy }) => [validTo, supersededAt, supersededBy])).toEqual([
      [day(5), day(30), 'b'],
      [day(5), null, null],
    ]);
    expect(put([fact('n', 'red', 9)], 'p', 'green', 5).supersededAt).toEqual(day(30));
  });

  it('cuts a declared end that comes after the next fact, and not one that is just there', () => {
    expect(put([fact('b', 'red', 9)], 'x', 'green', 5, day(10))).toMatchObject({ validTo: day(9), supersededBy: 'b' });
    expect(put([fact('b', 'red', 9)], 'x', 'green', 5, day(9))).toMatchObject({ validTo: day(9), supersededBy: null });
  });

  it('leaves a fact alone that had ended when the new one begins', () => {
    const timeline = [fact('a', 'blue', 1, { validTo: day(5) })];
    expect(put(timeline, 'b', 'red', 5).supersedes).toEqual([]);
    expect(timeline[0]).toMatchObject({ validTo: day(5), supersededBy: null });
  });
});

describe('replace', () => {
  it('looks at what comes after it with another value: of the same moment, at what was said later', () => {
    const a = fact('a', 'blue', 5);
    const at = (id: string, value: string, from: number, order: number) => fact(id, value, from, { order });
    expect(replace(a, [a, at('b', 'red', 5, 6)])).toEqual({ validTo: day(5), supersededBy: 'b' });
    expect(replace(a, [a, at('b', 'red', 5, 4)])).toEqual({ validTo: null, supersededBy: null });
    expect(replace(a, [a, at('b', 'red', 4, 9), at('c', 'blue', 6, 9)])).toEqual({ validTo: null, supersededBy: null });
    expect(replace(a, [a, at('d', 'red', 9, 1), at('b', 'red', 7, 9)])).toEqual({ validTo: day(7), supersededBy: 'b' });
  });

  it('keeps a declared end that comes first', () => {
    const a = fact('a', 'blue', 1, { endsAt: day(5) });
    const next = (from: number) => replace(a, [fact('b', 'red', from)]);
    expect(next(7)).toEqual({ validTo: day(5), supersededBy: null });
    expect(next(5)).toEqual({ validTo: day(5), supersededBy: null });
    expect(next(4)).toEqual({ validTo: day(4), supersededBy: 'b' });
  });

  it('gives a fact the end that the others leave it', () => {
    const a = fact('a', 'blue', 1, { validTo: day(5), supersededBy: 'b' });
    expect(replace(a, [a])).toEqual({ validTo: null, supersededBy: null });
    expect(replace(a, [a, fact('c', 'red', 7)])).toEqual({ validTo: day(7), supersededBy: 'c' });
  });
});

describe('knownOf', () => {
  it('takes of a row what planning needs', () => {
    const row = {
      id: 'a',
      seq: 7,
      kind: 'fact',
      chain: 'c',
      value: 'blue',
      valid_from: day(1),
      ends_at: day(2),
      expires_at: day(3),
      deleted_at: null,
      valid_to: day(4),
      superseded_at: day(5),
      superseded_by: 'b',
    } as unknown as MemoryRow;
    const known = fact('a', 'blue', 1, { order: 7, endsAt: day(2), expiresAt: day(3), validTo: day(4) });
    expect(knownOf(row)).toEqual({ ...known, supersededAt: day(5), supersededBy: 'b' });
    expect(knownOf({ ...row, deleted_at: day(6) }).isDeleted).toBe(true);
  });
});
