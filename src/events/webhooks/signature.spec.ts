import { isAuthentic, newSecret, sign } from './signature';

const secret = newSecret();
const now = new Date('2026-01-31T12:00:00Z');
const body = '{"offset":1}';
const headers: Record<string, string> = { ...sign([secret], 'e1', body, now) };

it('accepts what was signed with the secret, just now', () => {
  expect(isAuthentic(secret, headers, body, now)).toBe(true);
  const both = { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature'] ?? ''}` };
  expect(isAuthentic(secret, both, body, now)).toBe(true);
});

it('signs with all secrets, for receivers that have either', () => {
  const other = newSecret();
  const signed: Record<string, string> = { ...sign([other, secret], 'e1', body, now) };
  expect(signed['webhook-signature']).toMatch(/^v1,[^ ]+ v1,[^ ]+$/);
  expect(isAuthentic(secret, signed, body, now)).toBe(true);
  expect(isAuthentic(other, signed, body, now)).toBe(true);
  expect(isAuthentic(newSecret(), signed, body, now)).toBe(false);
});

it.each([
  ['another body', secret, headers, '{"offset":2}', now],
  ['another secret', newSecret(), headers, body, now],
  ['another id', secret, { ...headers, 'webhook-id': 'e2' }, body, now],
  ['another time', secret, { ...headers, 'webhook-timestamp': '1769860801' }, body, now],
  ['an old recording', secret, headers, body, new Date(now.getTime() + 301_000)],
  ['no signature', secret, { ...headers, 'webhook-signature': '' }, body, now],
  ['a signature of another version', secret, { ...headers, 'webhook-signature': 'v2,AAAA' }, body, now],
  ['a time that is none', secret, { ...headers, 'webhook-timestamp': 'now' }, body, now],
])('refuses %s', (_name, key, given, text, at) => {
  expect(isAuthentic(key, given, text, at)).toBe(false);
});
