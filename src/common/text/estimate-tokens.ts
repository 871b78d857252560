/** Letters of one token, on the safe side of what word-piece tokenisers make of prose. */
const LETTERS_PER_TOKEN = 5;

const PIECES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[\p{L}\p{M}\p{N}]+|\S/gu;

/** About the number of tokens that an embedding model makes of a text; rather too many than too few. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECES)) tokens += Math.ceil(piece.length / LETTERS_PER_TOKEN);
  return tokens;
}
