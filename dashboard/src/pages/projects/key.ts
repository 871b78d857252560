import type { Key } from '../../api/types';

export type { Key };
export type Role = Key['role'];

/** Whether the key opens anything, and why not. */
export function keyState({ revoked_at, expires_at }: Key, nowMs: number): string {
  if (revoked_at !== null) return 'revoked';
  return expires_at !== null && Date.parse(expires_at) <= nowMs ? 'expired' : 'active';
}

export const LIFETIMES = [
  { value: '0', label: 'never' },
  { value: '1', label: 'in a day' },
  { value: '30', label: 'in 30 days' },
  { value: '90', label: 'in 90 days' },
  { value: '365', label: 'in a year' },
];

/** The moment that is `days` from now; `undefined` for none. */
export const expiryOf = (days: string, nowMs: number): string | undefined =>
  days === '0' ? undefined : new Date(nowMs + Number(days) * 86_400_000).toISOString();
