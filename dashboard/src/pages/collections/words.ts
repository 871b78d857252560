/** Numbers and times as people read them. */
export const count = (value: number): string => value.toLocaleString('en');

export const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(part === whole ? 0 : 1)} %`;

/** The share of the records that the vector index holds. Few records need none: each search compares them all. */
export const indexedShare = (indexed: number, records: number): string =>
  indexed === 0 && records > 0 ? 'none: exact scan' : share(indexed, records);

export const time = (at: string): string => new Date(at).toLocaleString();

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  for (; size >= 1000 && unit < UNITS.length - 1; unit += 1) size /= 1000;
  return `${size.toLocaleString('en', { maximumSignificantDigits: 3 })} ${UNITS[unit]}`;
}

export const score = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 6 });
