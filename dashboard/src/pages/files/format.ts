const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export const bytes = (count: number): string => {
  const power = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[power] ?? ''}`;
};

export const dateTime = (instant: string): string =>
  new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** The folder that a prefix is in, or is: all up to the last slash. */
export const folderIn = (prefix: string): string => prefix.slice(0, prefix.lastIndexOf('/') + 1);

/** The last step of a key. */
export const nameIn = (key: string): string => shownKey(key).replace(/\/$/, '').split('/').at(-1) ?? key;

/** Characters that turn the text around them the other way: a name could pass for another, `cod.exe` for `exe.doc`. */
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A key as it is shown: what turns its text is visible. */
export const shownKey = (key: string): string =>
  key.replace(BIDI_CONTROLS, (mark) => `‹U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}›`);
