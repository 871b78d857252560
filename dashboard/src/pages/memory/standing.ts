import type { Memory } from './types';

export interface Standing {
  readonly name: 'valid' | 'superseded' | 'over' | 'to come';
  readonly color: string;
  readonly isOver: boolean;
}

const STANDINGS = {
  valid: { name: 'valid', color: 'green', isOver: false },
  superseded: { name: 'superseded', color: 'gray', isOver: true },
  over: { name: 'over', color: 'gray', isOver: true },
  toCome: { name: 'to come', color: 'blue', isOver: false },
} as const satisfies Record<string, Standing>;

type Times = Pick<Memory, 'valid_from' | 'valid_to' | 'superseded_by'>;

/** How a memory stands at `now` (ms). */
export const standingOf = ({ valid_from, valid_to, superseded_by }: Times, now: number): Standing => {
  if (superseded_by !== null) return STANDINGS.superseded;
  if (valid_to !== null && Date.parse(valid_to) <= now) return STANDINGS.over;
  return Date.parse(valid_from) > now ? STANDINGS.toCome : STANDINGS.valid;
};

export const dateTime = (instant: string): string =>
  new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** `valid since …` or `valid from … to …`. */
export const validity = ({ valid_from, valid_to }: Pick<Memory, 'valid_from' | 'valid_to'>): string =>
  valid_to === null ? `since ${dateTime(valid_from)}` : `from ${dateTime(valid_from)} to ${dateTime(valid_to)}`;
