/**
 * Copies a word. A slice of a text keeps the whole text alive (in V8, from 13 characters on), so no cache may hold one:
 * neither as a key nor in what was computed from it.
 */
export const flatCopy = (word: string): string => Buffer.from(word).toString();
