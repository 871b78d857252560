import { Random } from '../random';
import { arrivals, offer } from './open-loop';

/** A clock that moves only when somebody waits. */
const clock = () => {
  let now = 0;
  return { now: () => now, wait: async (ms: number) => void (now += ms), advance: (ms: number) => void (now += ms) };
};

describe('open loop', () => {
  it('draws the same arrivals from the same seed, at about the rate', () => {
    const first = [...arrivals(new Random(1), 500, 10_000)];
    expect([...arrivals(new Random(1), 500, 10_000)]).toEqual(first);
    expect([...arrivals(new Random(2), 500, 10_000)]).not.toEqual(first);
    expect(first.length).toBeGreaterThan(4_700);
    expect(first.length).toBeLessThan(5_300);
    expect(first).toEqual([...first].sort((a, b) => a - b));
  });

  it('has none at a rate of 0', () => {
    expect([...arrivals(new Random(1), 0, 10_000)]).toEqual([]);
  });

  it('begins every request when it is due, though no answer comes', async () => {
    const { now, wait } = clock();
    const answers: (() => void)[] = [];
    const begun: { due: number; at: number }[] = [];
    const work = (due: number): Promise<void> => {
      begun.push({ due, at: now() });
      return new Promise((resolve) => answers.push(resolve));
    };
    const done = offer({ random: new Random(3), perSecond: 100, lengthMs: 1_000, work, now, wait });
    const due = [...arrivals(new Random(3), 100, 1_000)];
    while (begun.length < due.length) await new Promise(setImmediate);
    answers.forEach((answer) => answer());
    expect(await done).toEqual({ heldBack: 0 });
    expect(begun.map((one) => one.due)).toEqual(due);
    expect(Math.max(...begun.map((one) => one.at - one.due))).toBeLessThanOrEqual(2);
  });

  it('says when each was due, however late the generator itself is', async () => {
    const { now, wait, advance } = clock();
    const lags: number[] = [];
    const work = async (due: number): Promise<void> => {
      lags.push(now() - due);
      if (lags.length === 10) advance(500);
    };
    await offer({ random: new Random(4), perSecond: 200, lengthMs: 1_000, work, now, wait });
    expect(Math.max(...lags.slice(0, 10))).toBeLessThanOrEqual(2);
    expect(Math.max(...lags)).toBeGreaterThan(450);
  });

  it('counts what it held back, and passes a broken workload on', async () => {
    const { now, wait } = clock();
    const never = new Promise<void>((resolve) => setTimeout(resolve, 20));
    const loop = { random: new Random(5), perSecond: 100, lengthMs: 1_000, now, wait };
    const { heldBack } = await offer({ ...loop, work: () => never, mostInFlight: 10 });
    expect(heldBack).toBe([...arrivals(new Random(5), 100, 1_000)].length - 10);
    const broken = offer({ ...loop, work: () => Promise.reject(new Error('broken')) });
    await expect(broken).rejects.toThrow('broken');
  });
});
