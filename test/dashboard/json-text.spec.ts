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
