import { ServiceFault } from '../common/service-fault';
import { firstGood, type Candidate } from './first-good';

const fault = new ServiceFault('qdrant', 'reset', 'gone');
const candidate = (name: string, ms: number, result: unknown): Candidate<unknown> & { calls: number } => {
  const made = {
    name,
    calls: 0,
    run: async () => {
      made.calls += 1;
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (result instanceof Error) throw result;
      return result;
    },
  };
  return made;
};

describe('firstGood', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const run = async (first: Candidate<unknown>, second: Candidate<unknown>, mayHedge = true): Promise<unknown> => {
    const outcome = firstGood(first, second, { delayMs: 60, mayHedge: () => mayHedge }).catch(
      (error: unknown) => error,
    );
    await jest.advanceTimersByTimeAsync(1_000);
    return await outcome;
  };

  it('asks the second not at all when the first is in time', async () => {
    const second = candidate('b', 1, 'B');
    expect(await run(candidate('a', 10, 'A'), second)).toEqual({ value: 'A', by: 'a' });
    expect(second.calls).toBe(0);
  });

  it('moves on when the first fails, early or late', async () => {
    for (const ms of [5, 100]) {
      const outcome = await run(candidate('a', ms, fault), candidate('b', 10, 'B'), false);
      expect(outcome).toEqual({ value: 'B', by: 'b', missed: 'fault', fault });
    }
  });

  it('does not move on from what is no fault of availability', async () => {
    const mistake = new TypeError('a defect');
    expect(await run(candidate('a', 5, mistake), candidate('b', 1, 'B'))).toBe(mistake);
    const rejected = new ServiceFault('qdrant', 'rejected', 'bad input');
    expect(await run(candidate('a', 100, rejected), candidate('b', 500, 'B'))).toBe(rejected);
  });

  it('takes the faster of the two when the first is late', async () => {
    const outcome = await run(candidate('a', 300, 'A'), candidate('b', 10, 'B'));
    expect(outcome).toEqual({ value: 'B', by: 'b', missed: 'slow', fault: undefined });
    expect(await run(candidate('a', 80, 'A'), candidate('b', 100, 'B'))).toEqual({ value: 'A', by: 'a' });
  });

  it('waits for the other when the faster one fails', async () => {
    expect(await run(candidate('a', 300, 'A'), candidate('b', 10, new Error('no')))).toEqual({ value: 'A', by: 'a' });
    const outcome = await run(candidate('a', 70, fault), candidate('b', 100, 'B'));
    expect(outcome).toEqual({ value: 'B', by: 'b', missed: 'fault', fault });
  });

  it('does not hedge what it may not', async () => {
    const second = candidate('b', 10, 'B');
    expect(await run(candidate('a', 300, 'A'), second, false)).toEqual({ value: 'A', by: 'a' });
    expect(second.calls).toBe(0);
  });

  it('tells the second’s error when both fail', async () => {
    const last = new Error('the last hope');
    expect(await run(candidate('a', 5, fault), candidate('b', 10, last))).toBe(last);
    expect(await run(candidate('a', 100, fault), candidate('b', 100, last))).toBe(last);
  });
});
