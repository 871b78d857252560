import fc from 'fast-check';
import { slices, tokenWindows } from './windows';

const codes = (slice: string): number[] => [...slice].map((character) => character.codePointAt(0) ?? 0);

describe('tokenWindows', () => {
  it('gives one window for a text that fits, and an empty one for an empty text', () => {
    expect([...tokenWindows('abc', 3, codes)]).toEqual([codes('abc')]);
    expect([...tokenWindows('', 3, codes)]).toEqual([[]]);
  });

  it('keeps every token, in windows that fit and overlap', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), fc.integer({ min: 8, max: 100 }), (text, size) => {
        const windows = [...tokenWindows(text, size, codes)];
        const step = size - Math.min(32, size >> 1);
        const rebuilt = windows.flatMap((window, index) =>
          index < windows.length - 1 ? window.slice(0, step) : window,
        );
        expect(rebuilt).toEqual(codes(text));
        expect(windows.every((window) => window.length <= size)).toBe(true);
      }),
    );
  });
});

describe('slices', () => {
  it('cuts at white space where there is any, and never inside a surrogate pair', () => {
    expect([...slices('one two three', 6)]).toEqual(['one', ' two', ' three']);
    expect([...slices('😀😀😀', 3)]).toEqual(['😀', '😀', '😀']);
  });

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.integer({ min: 2, max: 50 }), (text, length) => {
        expect([...slices(text, length)].join('')).toBe(text);
      }),
    );
  });
});
