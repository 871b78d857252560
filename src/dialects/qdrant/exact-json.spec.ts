import * as fc from 'fast-check';
import { quoted, readJson, writeJson } from './exact-json';

type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };

const read = (text: string): unknown => readJson(Buffer.from(text));

/** Texts that look like what is replaced around them. */
const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '9007199254740993',
    ' 9007199254740993,',
    '"9007199254740993',
    '\\',
    '\\"',
    '\\u00009',
    '"\\u00009"',
    ':[-1',
    ',"x',
  ),
);
const bigints = fc
  .bigInt({ min: -(10n ** 22n) + 1n, max: 10n ** 22n - 1n })
  .filter((value) => !Number.isSafeInteger(Number(value)));
const numbers = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => value + 0)
  .filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value));
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
const keys = texts.filter((text) => isStorable(text) && !['__proto__', 'constructor'].includes(text));

const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.constant(null), fc.boolean(), numbers, fc.integer(), bigints, texts.filter(isStorable)),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(keys, tie('json'), { maxKeys: 4 }).map((object) => ({ ...object })),
  ),
}));

/** JSON as its grammar has it. */
const plain = (value: Json): string => {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(plain).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, child]) => `${JSON.stringify(key)}:${plain(child)}`)
    .join(',')}}`;
};

describe('JSON with exact integers', () => {
  it('reads and writes any value', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = plain({ value });
        expect(read(text)).toEqual({ value });
        expect(writeJson({ value })).toBe(text);
      }),
      { numRuns: 2_000, seed: 20_261_129 },
    );
  });

  it.each([
    ['[9007199254740993]', [9_007_199_254_740_993n]],
    ['[ 18446744073709551615 , -9223372036854775808]', [18_446_744_073_709_551_615n, -9_223_372_036_854_775_808n]],
    ['[9007199254740991,1000000000000000]', [9_007_199_254_740_991, 1_000_000_000_000_000]],
    ['[1.1234567890123456,1e16,9007199254740993.0,9007199254740993e0]', [1.1234567890123457, 1e16, 2 ** 53, 2 ** 53]],
    ['{"a":"[9007199254740993]","b":9007199254740993}', { a: '[9007199254740993]', b: 9_007_199_254_740_993n }],
    ['["\\\\",9007199254740993,"\\",9007199254740993"]', ['\\', 9_007_199_254_740_993n, '",9007199254740993']],
    ['\ufeff[9007199254740993]', [9_007_199_254_740_993n]],
    ['\ufeff[1]', [1]],
    ['{"a":1,"a":9007199254740993}', { a: 9_007_199_254_740_993n }],
  ])('reads %s', (text, value) => expect(read(text)).toEqual(value));

  it.each([
    '[9007199254740993',
    '[09007199254740993]',
    '["\\u00009007199254740993"]',
    '{"__proto__":9007199254740993}',
  ])('refuses %s', (text) => expect(() => read(text)).toThrow());

  it('quotes what is no text as JSON', () => {
    expect(quoted({ id: 18_446_744_073_709_551_615n })).toBe('{"id":18446744073709551615}');
    expect(quoted('a')).toBe('a');
  });

  it('reads long texts, and many long integers, in linear time', () => {
    const startedAt = performance.now();
    const long = 'x 1234567890123456, '.repeat(200_000);
    expect(read(JSON.stringify({ long }))).toEqual({ long });
    const ids = Array.from({ length: 200_000 }, (_, index) => 18_446_744_073_709_000_000n + BigInt(index));
    expect(read(writeJson({ ids, long }))).toEqual({ ids, long });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
