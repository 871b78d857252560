const RFC_3339 =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$/;

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Microseconds since 1970-01-01T00:00:00Z of an RFC 3339 date-time, or `undefined` when the text is not one. The zone
 * is required, `T` and `Z` may be lower case, digits beyond the microsecond are dropped, and leap seconds are rejected.
 */
export function parseInstant(text: string): bigint | undefined {
  const match = RFC_3339.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetHour = Number(match[9] ?? 0);
  const offsetMinute = Number(match[10] ?? 0);
  if (day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  const offsetMs = (match[8] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute) * 60_000;
  const fraction = (match[7] ?? '').slice(0, 6).padEnd(6, '0');
  return BigInt(local.getTime() - offsetMs) * 1000n + BigInt(fraction);
}

/** The instant as Postgres reads it into a `timestamptz`, exact to the microsecond, also before the year 1. */
export function toTimestamptz(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const date = new Date(Number((micros - fraction) / 1000n));
  const year = date.getUTCFullYear();
  const rest = date.toISOString().slice(-20, -5);
  const digits = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return `${digits}${rest}.${String(fraction).padStart(6, '0')}Z${year > 0 ? '' : ' BC'}`;
}

function daysInMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
}
