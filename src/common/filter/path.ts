import type { Path } from './ast';
import { isStorableText } from './values';

/** Deeper than any sensible document, and few enough that the longest filter fits into one statement. */
export const MAX_PATH_STEPS = 32;

/** The parsed path, or a message that describes its fault. */
export type ParsedPath = { readonly path: Path } | { readonly fault: string };

/**
 * Reads `a.b\.c` (a dot in a key is written `\.`, a backslash `\\`). A path that starts with `@` names a built-in
 * field; `$elemMatch` does not allow these.
 */
export function parsePath(text: string, ownFields: readonly string[]): ParsedPath {
  if (!isStorableText(text)) return { fault: 'A field name holds no NUL character and no lone surrogate.' };
  if (text.startsWith('@')) return ownPath(text, ownFields);
  const keys = splitPath(text);
  if (keys === undefined) return { fault: 'A backslash in a path must be followed by a dot or a backslash.' };
  if (keys.includes('')) return { fault: 'A step of the path is empty; a dot inside a key is written "\\.".' };
  if (keys.length > MAX_PATH_STEPS) return { fault: `A path has at most ${MAX_PATH_STEPS} steps.` };
  if (keys.some((key) => /^[@$]/.test(key))) return { fault: 'No key of the metadata starts with "@" or "$".' };
  return { path: { keys } };
}

function ownPath(text: string, ownFields: readonly string[]): ParsedPath {
  if (ownFields.includes(text)) return { path: { field: text } };
  if (ownFields.length === 0) return { fault: 'Built-in fields ("@…") cannot be used inside $elemMatch.' };
  return { fault: `There is no such built-in field; use one of ${ownFields.join(', ')}.` };
}

/** The keys of a path; `undefined` where a backslash stands before anything but a dot or a backslash. */
export function splitPath(text: string): string[] | undefined {
  const keys = [''];
  for (let index = 0; index < text.length; index++) {
    let character = text.charAt(index);
    if (character === '.') {
      keys.push('');
      continue;
    }
    if (character === '\\') {
      character = text.charAt(++index);
      if (character !== '.' && character !== '\\') return undefined;
    }
    keys[keys.length - 1] += character;
  }
  return keys;
}
