import { mayBeHeavy, mustBeLight } from './limits';

describe('the weight of an answer', () => {
  it('is looked at where texts or metadata of many records are wanted', () => {
    const none = { text: false, metadata: false };
    expect(mayBeHeavy(50, { text: true, metadata: true })).toBe(false);
    expect(mayBeHeavy(51, { ...none, text: true })).toBe(true);
    expect(mayBeHeavy(51, { ...none, metadata: true })).toBe(true);
    expect(mayBeHeavy(10_000, none)).toBe(false);
  });

  it('is at most 64 MiB', () => {
    const mib = (count: number): number[] => Array.from({ length: count }, () => 1024 * 1024);
    expect(() => mustBeLight(mib(64))).not.toThrow();
    expect(() => mustBeLight([...mib(64), 1])).toThrow('these 65 records have 67108865: use limit and offset');
  });
});
