import { isStorableText, pointer } from './filter/values';

/** Message for text that Postgres cannot store. */
export const UNSTORABLE = 'must not contain NUL or lone surrogates';

/**
 * The JSON Pointer of the first string or field name that cannot be stored; `undefined` when all can. The value must
 * not be nested deeper than `MAX_NESTING`.
 */
export const unstorableIn = (value: unknown): string | undefined => {
  if (typeof value === 'string') return isStorableText(value) ? undefined : '';
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  return Array.isArray(value) ? inList(value) : inObject(value);
};

const inList = (list: readonly unknown[]): string | undefined => {
  for (let at = 0; at < list.length; at += 1) {
    // Vectors are long: skip their numbers quickly.
    if (typeof list[at] === 'number') continue;
    const found = unstorableIn(list[at]);
    if (found !== undefined) return `${pointer('', at)}${found}`;
  }
  return undefined;
};

const inObject = (object: object): string | undefined => {
  for (const [key, child] of Object.entries(object)) {
    const found = isStorableText(key) ? unstorableIn(child) : '';
    if (found !== undefined) return `${pointer('', key)}${found}`;
  }
  return undefined;
};
