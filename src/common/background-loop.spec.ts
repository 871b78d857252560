import { BackgroundWork } from './background-work';

const PIECE = { name: 'sweeper', description: 'Sweeps.', intervalMs: 1_000, role: 'any' } as const;

/** Lets everything run that is due within `ms` of the faked clock. */
const pass = async (ms: number): Promise<void> => await jest.advanceTimersByTimeAsync(ms);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a background loop', () => {
  let background: BackgroundWork;
  let begun: number[];
  const note = (): void => void begun.push(Math.round(performance.now()));

  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    begun = [];
    background = new BackgroundWork('all');
  });

  afterEach(() => jest.useRealTimers());

  it('runs at once, and again an interval after the end of each round', async () => {
    const loop = background.withPauses(PIECE, async () => {
      note();
      await sleep(300);
    });
    loop.start();
    await pass(3_000);
    expect(begun).toEqual([0, 1_300, 2_600]);
    await pass(300);
    await loop.stop();
  });

  it('runs at each full interval, and skips those that a long round misses', async () => {
    const loop = background.every(PIECE, async () => {
      note();
      if (begun.length === 2) await sleep(2_500);
    });
    loop.start();
    await pass(6_000);
    expect(begun).toEqual([1_000, 2_000, 5_000, 6_000]);
    await loop.stop();
  });

  it('goes on at the full interval after a fault', async () => {
    const loop = background.every(PIECE, async () => {
      note();
      await sleep(400);
      throw new Error('each time');
    });
    loop.start();
    await pass(3_500);
    expect(begun).toEqual([1_000, 2_000, 3_000]);
    await loop.stop();
  });

  it('runs again at once while there is more, one round at a time', async () => {
    let inside = 0;
    const loop = background.whileMore(PIECE, async () => {
      inside += 1;
      expect(inside).toBe(1);
      note();
      await sleep(1);
      inside -= 1;
      return begun.length < 5;
    });
    loop.start();
    await pass(100);
    expect(begun).toHaveLength(5);
    await pass(1_100);
    expect(begun).toHaveLength(6);
    await loop.stop();
  });

  it('waits as long as the fault asks for', async () => {
    const onFault = (): number => 50;
    const loop = background.withPauses(PIECE, () => (note(), Promise.reject(new Error('each time'))), { onFault });
    loop.start();
    await pass(125);
    expect(begun).toEqual([0, 50, 100]);
    await loop.stop();
  });

  it('is woken from its pause, also while a round runs', async () => {
    const loop = background.withPauses(PIECE, async () => {
      note();
      await sleep(100);
    });
    loop.start();
    await pass(10);
    loop.wake();
    await pass(150);
    expect(begun).toHaveLength(2);
    await pass(300);
    loop.wake();
    await pass(0);
    expect(begun).toHaveLength(3);
    await pass(100);
    await loop.stop();
  });

  it('rests between two rounds however often it is woken', async () => {
    const loop = background.withPauses(PIECE, async () => note(), { restMs: 10 });
    loop.start();
    for (let i = 0; i < 45; i += 1) {
      loop.wake();
      await pass(1);
    }
    expect(begun).toEqual([0, 10, 20, 30, 40]);
    await pass(10);
    await Promise.all([loop.stop(), pass(10)]);
  });

  it('aborts the signal of the running round at the stop, and waits for its end', async () => {
    let hasEnded = false;
    const loop = background.withPauses(PIECE, async (signal) => {
      note();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await sleep(200);
      hasEnded = true;
      throw new Error('cut off');
    });
    loop.start();
    await pass(0);
    const stopped = loop.stop().then(() => hasEnded);
    await pass(200);
    expect(await stopped).toBe(true);
    expect(background.views()[0]).toMatchObject({ state: 'stopped', failures: 0 });
    loop.start();
    loop.wake();
    await pass(5_000);
    expect(begun).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('stops at once in a pause, before its first round, and without a start', async () => {
    const paused = background.withPauses(PIECE, async () => note());
    const waiting = background.every({ ...PIECE, name: 'waiting' }, note);
    const idle = background.every({ ...PIECE, name: 'idle' }, note);
    paused.start();
    waiting.start();
    await pass(100);
    await Promise.all([paused.stop(), waiting.stop(), idle.stop()]);
    expect(begun).toEqual([0]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
