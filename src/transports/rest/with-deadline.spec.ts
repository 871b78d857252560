import { remainingMs } from '../../common/deadline';
import { withDeadline } from './with-deadline';

const soon = { timeoutMs: 100, isWrite: false };
const never = (): AbortSignal => new AbortController().signal;

describe('work within a time', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('gives what the work gives, and leaves no timer behind', async () => {
    await expect(withDeadline(soon, never(), () => Promise.resolve(7))).resolves.toBe(7);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('tells the work how much time it has', async () => {
    await withDeadline(soon, never(), (signal) => Promise.resolve(expect(remainingMs(signal, 0)).toBeGreaterThan(50)));
  });

  it('aborts at the deadline, and gives up on work that does not stop', async () => {
    let aborted = false;
    const late = withDeadline(soon, never(), (signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => undefined);
    });
    const outcome = expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await jest.advanceTimersByTimeAsync(100);
    expect(aborted).toBe(true);
    await jest.advanceTimersByTimeAsync(500);
    await outcome;
  });

  it('aborts with the client, with its reason', async () => {
    const client = new AbortController();
    const work = withDeadline(
      soon,
      client.signal,
      (signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    client.abort(new Error('gone'));
    await expect(work).rejects.toThrow('gone');
  });
});
