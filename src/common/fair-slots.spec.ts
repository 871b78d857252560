import { setImmediate as turn } from 'node:timers/promises';
import { FairSlots } from './fair-slots';

/** Work that ends when it is told to; notes who began. */
const bench = (slots: number) => {
  const fair = new FairSlots(slots);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (key: number, name: string, signal?: AbortSignal): Promise<void> =>
    fair.run(
      key,
      () => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.push(resolve));
      },
      signal,
    );
  const endOne = async (): Promise<void> => {
    ends.shift()?.();
    await turn();
  };
  return { begun, ask, endOne };
};

describe('FairSlots', () => {
  it('serves a newcomer before the long line of another project', async () => {
    const { begun, ask, endOne } = bench(2);
    for (let n = 0; n < 6; n += 1) void ask(1, `a${n}`);
    void ask(2, 'b0');
    void ask(2, 'b1');
    for (let n = 0; n < 4; n += 1) await endOne();
    expect(begun).toEqual(['a0', 'a1', 'b0', 'a2', 'b1', 'a3']);
  });

  it('passes over those who left the line, and gives their reason', async () => {
    const { begun, ask, endOne } = bench(1);
    const controller = new AbortController();
    void ask(1, 'a0');
    const gone = ask(2, 'b0', controller.signal);
    void ask(3, 'c0');
    controller.abort(new Error('enough'));
    await expect(gone).rejects.toThrow('enough');
    await endOne();
    expect(begun).toEqual(['a0', 'c0']);
  });

  it('frees its slot when the work fails', async () => {
    const fair = new FairSlots(1);
    await expect(fair.run(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await fair.run(1, () => Promise.resolve(7))).toBe(7);
  });
});
