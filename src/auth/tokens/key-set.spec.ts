import { KeySet, KeysUnavailable, type FindKey } from './key-set';

const UNKNOWN = new Error('unknown key');
const header = (kid: string) => [{ alg: 'ES256', kid }, {}] as unknown as Parameters<FindKey>;

describe('the keys of a provider', () => {
  let clock: number;
  let loads: number;
  let published: string[];
  let isDown: boolean;
  let keys: KeySet;

  beforeEach(() => {
    [clock, loads, published, isDown] = [0, 0, ['one'], false];
    keys = new KeySet({
      load: async () => {
        loads += 1;
        if (isDown) throw new Error('down');
        return { keys: published.map((kid) => ({ kty: 'EC', kid })) };
      },
      index: (set) => async (given) => {
        if (set.keys.some(({ kid }) => kid === given.kid)) return given.kid as never;
        throw UNKNOWN;
      },
      isUnknown: (error) => error === UNKNOWN,
      now: () => clock,
    });
  });

  it('are read once, by requests that come at once', async () => {
    expect(await Promise.all([keys.keyOf(...header('one')), keys.keyOf(...header('one'))])).toEqual(['one', 'one']);
    expect(loads).toBe(1);
  });

  it('are read again for a new one, at a bounded rate', async () => {
    await keys.keyOf(...header('one'));
    published = ['one', 'two'];
    await expect(keys.keyOf(...header('two'))).rejects.toBe(UNKNOWN);
    clock += 6_000;
    expect(await keys.keyOf(...header('two'))).toBe('two');
    expect(loads).toBe(2);
    // A minute of tokens with keys that nobody has.
    for (let second = 0; second < 60; second += 1) {
      clock += 1_000;
      await Promise.all([1, 2, 3].map((kid) => expect(keys.keyOf(...header(`no${kid}`))).rejects.toBe(UNKNOWN)));
    }
    expect(loads).toBeLessThanOrEqual(14);
    expect(await keys.keyOf(...header('one'))).toBe('one');
  });

  it('lose what the provider took back', async () => {
    await keys.keyOf(...header('one'));
    published = ['two'];
    clock += 11 * 60_000;
    await keys.keyOf(...header('one'));
    await new Promise(setImmediate);
    await expect(keys.keyOf(...header('one'))).rejects.toBe(UNKNOWN);
  });

  it('serve while the provider is out, for a day', async () => {
    await keys.keyOf(...header('one'));
    isDown = true;
    clock += 23 * 3_600_000;
    expect(await keys.keyOf(...header('one'))).toBe('one');
    clock += 2 * 3_600_000;
    await expect(keys.keyOf(...header('one'))).rejects.toThrow(KeysUnavailable);
    isDown = false;
    clock += 3_000;
    expect(await keys.keyOf(...header('one'))).toBe('one');
  });

  it('are asked for ever less often while there are none', async () => {
    isDown = true;
    for (let second = 0; second < 600; second += 1) {
      await expect(keys.keyOf(...header('one'))).rejects.toThrow(KeysUnavailable);
      clock += 1_000;
    }
    expect(loads).toBeLessThan(20);
  });
});
