import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { withDeadline } from './deadline';

const response = () => new EventEmitter() as unknown as ServerResponse;

describe('withDeadline', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('aborts the work at the deadline and answers a little later', async () => {
    let aborted = false;
    const outcome = withDeadline(100, response(), (signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => undefined);
    });
    const refused = expect(outcome).rejects.toMatchObject({ code: 'deadline_exceeded', status: 503, retryable: true });
    await jest.advanceTimersByTimeAsync(100);
    expect(aborted).toBe(true);
    await jest.advanceTimersByTimeAsync(250);
    await refused;
  });

  it('lets work that was committing say that it succeeded', async () => {
    const outcome = withDeadline(
      100,
      response(),
      () => new Promise((resolve) => setTimeout(() => resolve('done'), 200)),
    );
    await jest.advanceTimersByTimeAsync(200);
    await expect(outcome).resolves.toBe('done');
  });

  it('counts what was spent before the work began', async () => {
    const work = (): Promise<never> => new Promise(() => undefined);
    const outcome = withDeadline(1_000, response(), work, 900);
    const refused = expect(outcome).rejects.toMatchObject({ message: expect.stringContaining('1000 ms') as string });
    await jest.advanceTimersByTimeAsync(100 + 250);
    await refused;
  });

  it('aborts when the client hangs up', async () => {
    const socket = response();
    const outcome = withDeadline(null, socket, (signal) => Promise.resolve().then(() => signal));
    socket.emit('close');
    expect((await outcome).aborted).toBe(true);
  });
});
