import type { BackgroundPiece } from '../../api/types';
import { dateTime, duration } from '../../components/time';

/** `500 ms`, `10 s`, `1 min`. */
export const intervalText = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : duration(ms));

/** The last fault, when it was, and whether it is over. */
export function faultText({ last_fault: fault }: Pick<BackgroundPiece, 'last_fault'>): string {
  if (!fault) return '–';
  const ending = fault.cleared_at === null ? '' : `; cleared ${dateTime(fault.cleared_at)}`;
  return `${dateTime(fault.at)}: ${fault.message}${ending}`;
}
