import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { invalidAt, unavailable } from '../../common/errors';
import { currentRequest } from '../../common/request-work';
import { withDeadline } from './deadline';

const response = () => new EventEmitter() as unknown as ServerResponse;

const within100 = { timeoutMs: 100, isWrite: false };
const asWrite = { timeoutMs: 100, isWrite: true };

describe('withDeadline', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('aborts the work at the deadline and answers a little later', async () => {
    let aborted = false;
    const outcome = withDeadline(within100, response(), (signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => undefined);
    });
    const refused = expect(outcome).rejects.toMatchObject({ code: 'deadline_exceeded', status: 503, retryable: true });
    await jest.advanceTimersByTimeAsync(100);
    expect(aborted).toBe(true);
    await jest.advanceTimersByTimeAsync(250);
    await refused;
  });

  it('aborts the work of a client that has left before', async () => {
    const gone = Object.assign(new EventEmitter(), { closed: true }) as unknown as ServerResponse;
    const outcome = withDeadline({ timeoutMs: null, isWrite: false }, gone, (signal) =>
      Promise.resolve((signal.reason as { code: string }).code),
    );
    await expect(outcome).resolves.toBe('client_closed');
  });

  it('lets work that was committing say that it succeeded', async () => {
    const outcome = withDeadline(
      within100,
      response(),
      () => new Promise((resolve) => setTimeout(() => resolve('done'), 200)),
    );
    await jest.advanceTimersByTimeAsync(200);
    await expect(outcome).resolves.toBe('done');
  });

  it('counts what was spent before the work began', async () => {
    const work = (): Promise<never> => new Promise(() => undefined);
    const outcome = withDeadline({ timeoutMs: 1_000, isWrite: false, spentMs: 900 }, response(), work);
    const refused = expect(outcome).rejects.toMatchObject({ message: expect.stringContaining('1000 ms') as string });
    await jest.advanceTimersByTimeAsync(100 + 250);
    await refused;
  });

  it('aborts when the client hangs up', async () => {
    const socket = response();
    const outcome = withDeadline({ timeoutMs: null, isWrite: false }, socket, (signal) =>
      Promise.resolve().then(() => signal),
    );
    socket.emit('close');
    expect((await outcome).aborted).toBe(true);
  });

  it('says of a write that nothing was applied, and keeps it so', async () => {
    let work = currentRequest();
    const outcome = withDeadline(asWrite, response(), () => {
      work = currentRequest();
      return new Promise(() => undefined);
    });
    const refused = expect(outcome).rejects.toMatchObject({ code: 'deadline_exceeded', outcome: 'not_applied' });
    await jest.advanceTimersByTimeAsync(350);
    await refused;
    expect(() => work?.mustGoOn()).toThrow('did not finish');
  });

  it('says of a write whose commit is under way that its outcome is unknown', async () => {
    const outcome = withDeadline(asWrite, response(), () => {
      currentRequest()?.commits();
      return new Promise(() => undefined);
    });
    const refused = expect(outcome).rejects.toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown' });
    await jest.advanceTimersByTimeAsync(350);
    await refused;
  });

  it('says it of refusals for load and of our own faults, not of faults of the input, and never of reads', async () => {
    const failing = (error: Error) => () => Promise.reject(error);
    const gone = withDeadline(asWrite, response(), failing(unavailable('Postgres')));
    await expect(gone).rejects.toMatchObject({ status: 503, outcome: 'not_applied' });
    const wrong = withDeadline(asWrite, response(), failing(invalidAt('/id', 'is wrong')));
    await expect(wrong).rejects.toMatchObject({ status: 422, outcome: undefined });
    const read = withDeadline(within100, response(), failing(unavailable('Postgres')));
    await expect(read).rejects.toMatchObject({ status: 503, outcome: undefined });
  });

  it('does not say "nothing was changed" of what was committed in part', async () => {
    const outcome = withDeadline(asWrite, response(), () => {
      currentRequest()?.commits()('committed');
      return Promise.reject(unavailable('Postgres'));
    });
    await expect(outcome).rejects.toMatchObject({
      outcome: 'unknown',
      message: expect.stringContaining('may have been applied') as string,
    });
  });
});
