type Tokenizer = typeof import('gpt-tokenizer/encoding/o200k_base');

// eslint-disable-next-line @typescript-eslint/no-require-imports -- lazily: its table takes a moment and some memory
const load = (): Tokenizer => require('gpt-tokenizer/encoding/o200k_base') as Tokenizer;

let tokenizer: Tokenizer | undefined;

/** The encoder merges pairs within a run of characters, in time that grows with the square of its length. */
const LONGEST_RUN = 512;
const RUNS = /\s+|\S+/g;

/**
 * How many tokens a text has in the o200k encoding; runs of blanks or letters of more than 512 are counted in parts, which
 * may make it a few more. The first call loads the tokenizer's table.
 */
export function countTokens(text: string): number {
  tokenizer ??= load();
  let tokens = 0;
  for (const part of parts(text)) tokens += tokenizer.countTokens(part, { disallowedSpecial: new Set() });
  return tokens;
}

/** The text as it is, but for its long runs. */
function* parts(text: string): Generator<string> {
  let start = 0;
  for (const { index, 0: run } of text.matchAll(RUNS)) {
    if (run.length <= LONGEST_RUN) continue;
    if (index > start) yield text.slice(start, index);
    for (let at = 0; at < run.length; at += LONGEST_RUN) yield run.slice(at, at + LONGEST_RUN);
    start = index + run.length;
  }
  if (start < text.length) yield text.slice(start);
}
