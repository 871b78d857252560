import { Slots } from './slots';

const never = new AbortController().signal;

/** A task that ends when it is told to. */
function task() {
  let end: () => void = () => undefined;
  const run = jest.fn(() => new Promise<void>((resolve) => (end = resolve)));
  return { run, end: () => end() };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Slots', () => {
  it('runs so many at once, and the others in the order they came', async () => {
    const slots = new Slots(1);
    const [a, b, c] = [task(), task(), task()];
    const all = [a, b, c].map(({ run }) => slots.run(run, never));
    await settle();
    expect([a, b, c].map(({ run }) => run.mock.calls.length)).toEqual([1, 0, 0]);
    a.end();
    await settle();
    expect([a, b, c].map(({ run }) => run.mock.calls.length)).toEqual([1, 1, 0]);
    b.end();
    await settle();
    c.end();
    await Promise.all(all);
  });

  it('lets nobody run who gave up, and loses no slot to him', async () => {
    const slots = new Slots(1);
    const [a, b, c] = [task(), task(), task()];
    const first = slots.run(a.run, never);
    const gaveUp = new AbortController();
    const second = slots.run(b.run, gaveUp.signal);
    const third = slots.run(c.run, never);
    gaveUp.abort(new Error('enough'));
    await expect(second).rejects.toMatchObject({ reason: new Error('enough') });
    await expect(slots.run(b.run, gaveUp.signal)).rejects.toMatchObject({ message: 'aborted' });
    a.end();
    await settle();
    c.end();
    await Promise.all([first, third]);
    expect(b.run).not.toHaveBeenCalled();
  });

  it('gives the slot of a task that failed to the next', async () => {
    const slots = new Slots(1);
    const failing = slots.run(() => Promise.reject(new Error('no')), never);
    const next = slots.run(() => Promise.resolve('yes'), never);
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
