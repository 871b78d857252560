const STEPS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
];

/** `3 min`, `2 d`: how long ago, or how long. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1000);
  for (const [length, unit] of STEPS) if (seconds >= length) return `${Math.floor(seconds / length)} ${unit}`;
  return `${Math.floor(seconds)} s`;
}

const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** Date and time where the reader is. */
export const dateTime = (rfc3339: string): string => FORMAT.format(new Date(rfc3339));

/** The time alone. */
export const clockTime = (rfc3339: string): string => CLOCK.format(new Date(rfc3339));
