type Tokenizer = typeof import('gpt-tokenizer/encoding/o200k_base');

// eslint-disable-next-line @typescript-eslint/no-require-imports -- lazily: its table takes a moment and some memory
const load = (): Tokenizer => require('gpt-tokenizer/encoding/o200k_base') as Tokenizer;

let tokenizer: Tokenizer | undefined;

/** How many tokens a text has in the o200k encoding. The first call loads the tokenizer's table. */
export function countTokens(text: string): number {
  tokenizer ??= load();
  return tokenizer.countTokens(text, { disallowedSpecial: new Set() });
}
