import { fault, ok, warning, type Finding } from './finding';

const WARN_MS = 2_000;
const FAULT_MS = 30_000;

/** By how much another clock differs from this one. `ms` is positive when the other is ahead. */
export function clockFinding(check: string, ms: number): Finding {
  const amount = Math.abs(ms);
  const shown = `${(amount / 1000).toFixed(1)} s ${ms < 0 ? 'behind' : 'ahead of'} this machine`;
  const advice = 'Synchronise the clocks (chrony, systemd-timesyncd): signatures, tokens and expiry go by them.';
  if (amount >= FAULT_MS) return fault(check, shown, advice);
  return amount >= WARN_MS ? warning(check, shown, advice) : ok(check, shown);
}
