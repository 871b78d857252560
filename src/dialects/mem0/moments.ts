import { parseInstant } from '../../common/filter';
import { badRequest } from './errors';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const WITHOUT_ZONE = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)$/;
const SECONDS = /^\d{1,12}$/;
/** The last second that `Date` knows. */
const MAX_SECONDS = 8_640_000_000_000;

const DAY_BEGINS = 'T00:00:00Z';
const DAY_ENDS = 'T23:59:59.999999Z';

/**
 * A point in time as ZeroDB writes it: a day, a date-time with or without a zone (UTC then), or seconds since 1970. A day
 * in `lte` or `gt` is meant to its end. Throws for anything else.
 */
export const momentOf = (value: unknown, operator = 'eq'): string => {
  const text = typeof value === 'number' ? ofSeconds(value) : textOf(value, operator);
  if (text === undefined || parseInstant(text) === undefined) {
    throw badRequest(`"${String(value).slice(0, 50)}" is no date: send YYYY-MM-DD, ISO 8601, or seconds since 1970.`);
  }
  return text;
};

const textOf = (value: unknown, operator: string): string | undefined => {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (SECONDS.test(text)) return ofSeconds(Number(text));
  if (DAY.test(text)) return text + (operator === 'lte' || operator === 'gt' ? DAY_ENDS : DAY_BEGINS);
  const [, day, time] = WITHOUT_ZONE.exec(text) ?? [];
  return day === undefined ? text : `${day}T${time}Z`;
};

const ofSeconds = (seconds: number): string | undefined =>
  Math.abs(seconds) <= MAX_SECONDS ? new Date(seconds * 1_000).toISOString() : undefined;

/** The end of a day, which a memory lives to. A moment stays what it is. */
export const endOf = (value: string): string => momentOf(value, 'lte');
