import { loadConfiguration } from '../../config';
import { WrongKeys } from './wrong-keys';

const wrongKeys = (): WrongKeys =>
  new WrongKeys(loadConfiguration({ ZERODB_WRONG_KEYS_LIMIT: '1', ZERODB_WRONG_KEYS_BURST: '3' }, '/').rateLimit);

describe('WrongKeys', () => {
  it.each([
    ['an address for itself', '10.0.0.1', '10.0.0.2', false],
    ['all of a /64 together', '2001:db8::1', '2001:db8::ffff', true],
    ['networks apart', '2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['mapped addresses apart', '::ffff:10.0.0.1', '::ffff:10.0.0.2', false],
  ])('counts %s', (_name, first, second, isOne) => {
    const keys = wrongKeys();
    expect([1, 2, 3, 4].map(() => keys.mayTry(first))).toEqual([true, true, true, false]);
    expect(keys.mayTry(second)).toBe(!isOne);
  });

  it('does not count good keys, nor those who have no address', () => {
    const keys = wrongKeys();
    for (let i = 0; i < 20; i += 1) {
      expect(keys.mayTry('10.0.0.1')).toBe(true);
      keys.wasGood('10.0.0.1');
    }
    expect(Array.from({ length: 9 }, () => keys.mayTry(undefined))).not.toContain(false);
  });

  it('says when to try again', () => {
    expect(wrongKeys().refusal('10.0.0.1')).toMatchObject({ status: 429, retryAfterSeconds: 1 });
  });
});
