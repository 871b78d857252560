import type { BackgroundWork } from '../common/background-work';
import type { ZeroDbError } from '../common/errors';
import type { AccessSignals } from './access-signals';
import { AccessWatch } from './access-watch';
import type { Authenticator } from './authenticator';
import type { KeysRepository } from './keys/keys.repository';

const DAY_MS = 24 * 60 * 60_000;
const scope = { projectId: 1, projectName: 'p' };

describe('what is held for a caller', () => {
  let watch: AccessWatch;
  let ended: ZeroDbError[];
  const held = (keyExpiresAt: Date | null): (() => void) =>
    watch.watch({ keyId: 'oidc0', scope, keyExpiresAt }, (reason) => ended.push(reason));
  const inMs = (ms: number): Date => new Date(Date.now() + ms);

  beforeEach(() => {
    jest.useFakeTimers();
    ended = [];
    // Postgres is silent for ever.
    const repository = { stillValid: () => new Promise(() => undefined) } as unknown as KeysRepository;
    const authenticator = { rememberedKeys: () => ['a'] } as unknown as Authenticator;
    const background = { every: () => ({}) } as unknown as BackgroundWork;
    watch = new AccessWatch(repository, {} as AccessSignals, authenticator, background);
    void watch.checkNow();
  });
  afterEach(() => jest.useRealTimers());

  it('ends with its key or token, to the millisecond, once', () => {
    held(inMs(3_000));
    jest.advanceTimersByTime(2_999);
    expect(ended).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(ended.map(({ code }) => code)).toEqual(['key_expired']);
    jest.advanceTimersByTime(DAY_MS);
    expect(ended).toHaveLength(1);
  });

  it('ends after more days than a timer can count, and not before', () => {
    held(inMs(40 * DAY_MS));
    jest.advanceTimersByTime(40 * DAY_MS - 1);
    expect(ended).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(ended).toHaveLength(1);
  });

  it('ends at once when its time is over already', () => {
    held(inMs(-1));
    jest.advanceTimersByTime(0);
    expect(ended).toHaveLength(1);
  });

  it('is let go of', () => {
    held(inMs(1_000))();
    held(null);
    jest.advanceTimersByTime(DAY_MS);
    expect(ended).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
