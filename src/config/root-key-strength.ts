/** Fewer different characters are a pattern, however long it is. */
const MIN_DISTINCT = 8;

/**
 * Whether a root key could have been made at random. No estimate tells a good key for certain; this refuses the ones that
 * are typed to get past a minimum length: one character repeated, or a short word again and again.
 */
export const isHardToGuess = (key: string): boolean =>
  new Set(key).size >= MIN_DISTINCT && !isRepetition(key) && !isSequence(key);

/** One piece, twice or more: then it occurs in its own double before the end. */
const isRepetition = (key: string): boolean => `${key}${key}`.indexOf(key, 1) < key.length;

/** `abcdefgh…` and `…3210`: each character next to the one before. */
const isSequence = (key: string): boolean => {
  const steps = new Set([...key].slice(1).map((character, at) => character.charCodeAt(0) - key.charCodeAt(at)));
  return steps.size === 1;
};
