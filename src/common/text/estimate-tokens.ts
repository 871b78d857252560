/** Letters per token: a conservative figure for word-piece tokenisers on prose. */
const LETTERS_PER_TOKEN = 5;

const PIECES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]|[\p{L}\p{M}\p{N}]+|\S/gu;

/** Estimates the number of tokens of a text for an embedding model; too high rather than too low. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECES)) tokens += Math.ceil(piece.length / LETTERS_PER_TOKEN);
  return tokens;
}
