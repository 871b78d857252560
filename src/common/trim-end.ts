/**
 * The text without these characters at its end. A loop, because `/x+$/` begins again at every `x` of the text: quadratic
 * for a text of many.
 */
export const trimEndOf = (text: string, characters: string): string => {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
};

/** A base address, to which paths are appended. */
export const withoutTrailingSlashes = (url: string): string => trimEndOf(url, '/');
