import { ObjectFolder } from './object-folder';
import { StoreLock } from './store-lock';

const MINUTE = 60_000;

/** The store is replaced by one in memory: only times matter here. */
function folder(): ObjectFolder {
  const objects = new Map<string, Date>();
  const store = {
    put: (key: string) => Promise.resolve(void objects.set(key, new Date())),
    remove: (key: string) => Promise.resolve(void objects.delete(key)),
    list: () => Promise.resolve({ objects: [...objects].map(([key, modifiedAt]) => ({ key, size: 1, modifiedAt })) }),
  };
  return new ObjectFolder(store as never);
}

describe('StoreLock', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is held as long as it is renewed', async () => {
    const lock = await StoreLock.take(folder(), 'shared');
    await jest.advanceTimersByTimeAsync(30 * MINUTE);
    expect(() => lock.mustHold()).not.toThrow();
    await lock.release();
  });

  it('stays lost once its process stood still, though it is renewed later', async () => {
    const lock = await StoreLock.take(folder(), 'exclusive');
    jest.setSystemTime(Date.now() + 11 * MINUTE);
    await jest.advanceTimersByTimeAsync(3 * MINUTE);
    expect(() => lock.mustHold()).toThrow('could not be renewed in time');
    jest.setSystemTime(Date.now() - 11 * MINUTE);
    expect(() => lock.mustHold()).toThrow('could not be renewed in time');
    await lock.release();
  });
});
