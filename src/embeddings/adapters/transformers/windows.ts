/** Characters that are tokenised in one step, so that a text of a megabyte never holds the thread for long. */
const SLICE_CHARACTERS = 4096;

/** Tokens shared by neighbouring windows, so that a sentence cut by a border is whole in one of the two. */
const OVERLAP_TOKENS = 32;

/**
 * The tokens of a text in windows of at most `size`, each overlapping the one before. A text that fits is one window;
 * an empty text is one empty window. Lazy: only the requested windows are tokenised.
 */
export function* tokenWindows(
  text: string,
  size: number,
  tokenise: (slice: string) => readonly number[],
): Generator<readonly number[]> {
  const step = size - Math.min(OVERLAP_TOKENS, size >> 1);
  let tokens: number[] = [];
  for (const slice of slices(text)) {
    for (const token of tokenise(slice)) tokens.push(token);
    while (tokens.length > size) {
      yield tokens.slice(0, size);
      tokens = tokens.slice(step);
    }
  }
  yield tokens;
}

/** Pieces of a text, cut at white space where there is any, so that no word's tokens change. */
export function* slices(text: string, length = SLICE_CHARACTERS): Generator<string> {
  let start = 0;
  while (text.length - start > length) {
    const end = cutBefore(text, start, start + length);
    yield text.slice(start, end);
    start = end;
  }
  yield text.slice(start);
}

function cutBefore(text: string, start: number, limit: number): number {
  for (let end = limit; end > start + 1; end--) {
    if (/\s/.test(text.charAt(end))) return end;
  }
  const isInsidePair = (text.charCodeAt(limit) & 0xfc00) === 0xdc00;
  return isInsidePair ? limit - 1 : limit;
}
