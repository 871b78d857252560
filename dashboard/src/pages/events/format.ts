export const dateTime = (instant: string): string =>
  new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export const count = (value: number | null): string => (value === null ? 'unknown' : value.toLocaleString('en'));
