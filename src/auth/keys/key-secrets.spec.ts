import { hashKey, isSameHash } from './api-key';
import { expiresSoon, shownSecret, WARNING_MS } from './key-secrets';

const NOW = Date.UTC(2030, 0);
const NOW_DATE = new Date(NOW);
const at = (ms: number): Date => new Date(NOW + ms);
const key = {
  hash: hashKey('new'),
  rotation: 3,
  rotated_at: at(-1_000),
  expires_at: at(10_000),
  previous_hash: hashKey('old'),
  previous_expires_at: at(5_000),
};
const shown = (text: string, more: Partial<typeof key> | { expires_at: null } = {}, now = NOW) =>
  shownSecret({ ...key, ...more }, (known) => isSameHash(known, hashKey(text)), now);

it('ends what ended with the rotation by every clock', () => {
  const ended = { rotated_at: NOW_DATE, previous_expires_at: NOW_DATE };
  expect(shown('old', ended, NOW - 30_000)).toMatchObject({ isReplaced: true });
  expect(shown('new', ended, NOW - 30_000)).toMatchObject({ isReplaced: false });
});

it('takes the secret of a key, and the one before it for the overlap', () => {
  expect(shown('new')).toEqual({ rotation: 3, expiresAt: at(10_000), isReplaced: false });
  expect(shown('old')).toEqual({ rotation: 2, expiresAt: at(5_000), isReplaced: false });
  expect(shown('old', {}, NOW + 5_000)).toMatchObject({ isReplaced: true });
  expect(shown('older')).toBeUndefined();
});

it('never lets the secret before outlive its key', () => {
  expect(shown('old', { expires_at: at(1_000) })?.expiresAt).toEqual(at(1_000));
  expect(shown('old', { expires_at: null })?.expiresAt).toEqual(at(5_000));
});

it('warns within the last week', () => {
  expect(expiresSoon(at(WARNING_MS - 1), NOW)).toBe(true);
  expect(expiresSoon(at(WARNING_MS), NOW)).toBe(false);
  expect(expiresSoon(null, NOW)).toBe(false);
});
