import { indentedJson } from '../../dashboard/src/components/indented-json';
import { jsonText } from '../../dashboard/src/components/json-text';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe('JSON for people', () => {
  it('is indented', () => expect(jsonText({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}'));

  it('is on one line where it is deep, and no error where it is too deep', () => {
    expect(jsonText(nested(101))).toBe('['.repeat(101) + ']'.repeat(101));
    expect(jsonText(nested(20_000)).length).toBeLessThan(50_000);
    expect(jsonText(nested(500_000)).length).toBeLessThan(1_100_000);
  });

  it('is a word where there is none', () => expect(jsonText(undefined)).toBe('undefined'));
});

describe('JSON as it was written', () => {
  it('is indented as JavaScript does it, without losing a digit or a key', () => {
    const value = { a: [1, 'x, {"y": [\\ é'], b: {}, c: [], d: { e: null, f: [[]] }, g: [true, -1.5e-7] };
    for (const spaces of [0, 1, 4]) {
      expect(indentedJson(JSON.stringify(value, null, spaces))).toBe(JSON.stringify(value, null, 2));
    }
    expect(indentedJson('{"a":12345678901234567890,"a":1.0}')).toBe('{\n  "a": 12345678901234567890,\n  "a": 1.0\n}');
    expect(indentedJson(' "text" ')).toBe('"text"');
  });

  it.each([
    ['broken', '{"a": '],
    ['nothing', ''],
    ['something else', 'text'],
    ['too deep', '['.repeat(5_000) + ']'.repeat(5_000)],
  ])('is left alone when it is %s', (_name, text) => expect(indentedJson(text)).toBeUndefined());
});
