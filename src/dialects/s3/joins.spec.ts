import { clientClosed, deadlineExceeded } from '../../common/errors';
import { Joins } from './joins';

const scope = { projectId: 1, projectName: 'p' };
const signalOf = () => new AbortController();

/** A join that ends when it is told to. */
const slow = () => {
  let resolve: (tag: string) => void = () => undefined;
  const work = async (stop: AbortSignal): Promise<string> =>
    await new Promise((end, reject) => {
      resolve = end;
      stop.addEventListener('abort', () => reject(stop.reason as Error));
    });
  return { work, resolve: (tag: string): void => resolve(tag) };
};

describe('Joins', () => {
  it('goes on when the client hangs up; one that asks again waits for it, and then runs', async () => {
    const joins = new Joins();
    const client = signalOf();
    const { work, resolve } = slow();
    const first = joins.run(scope, 'u', client.signal, work);
    client.abort(clientClosed());
    const again = jest.fn(() => Promise.resolve('earlier'));
    const second = joins.run(scope, 'u', signalOf().signal, again);
    await joins.run({ ...scope, projectId: 2 }, 'u', signalOf().signal, () => Promise.resolve('of another project'));
    expect(again).not.toHaveBeenCalled();
    resolve('joined');
    await expect(first).resolves.toBe('joined');
    await expect(second).resolves.toBe('earlier');
  });

  it('lets one that waits go', async () => {
    const joins = new Joins();
    const { work, resolve } = slow();
    const first = joins.run(scope, 'u', signalOf().signal, work);
    const waiting = signalOf();
    const second = joins.run(scope, 'u', waiting.signal, () => Promise.resolve('never'));
    waiting.abort(clientClosed());
    await expect(second).rejects.toMatchObject({ code: 'client_closed' });
    resolve('joined');
    await first;
  });

  it.each<[string, (joins: Joins, client: AbortController) => void, string]>([
    ['the deadline', (_, client) => client.abort(deadlineExceeded(50)), 'deadline_exceeded'],
    ['an abort of the upload', (joins) => joins.drop(scope, 'u'), 's3'],
    ['the end of the process', (joins) => joins.onApplicationShutdown(), 'unavailable'],
  ])('is ended by %s', async (_, end, code) => {
    const joins = new Joins();
    const client = signalOf();
    const joined = joins.run(scope, 'u', client.signal, slow().work);
    end(joins, client);
    await expect(joined).rejects.toMatchObject({ code });
    await expect(joins.run(scope, 'u', signalOf().signal, () => Promise.resolve('free'))).resolves.toBe('free');
  });
});
