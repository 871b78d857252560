/** Removes these characters from the end of a text. A loop, because `/x+$/` restarts at every `x` and is quadratic. */
export const trimEndOf = (text: string, characters: string): string => {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
};

/** A base address, to which paths are appended. */
export const withoutTrailingSlashes = (url: string): string => trimEndOf(url, '/');
