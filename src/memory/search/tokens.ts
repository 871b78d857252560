/** The tokenizer's table takes a moment and some memory to load: the first budget asks for it. */
let counting: Promise<(text: string) => number> | undefined;

/** How many tokens a text has in the o200k encoding. */
export async function tokenCounter(): Promise<(text: string) => number> {
  counting ??= import('gpt-tokenizer/encoding/o200k_base').then(
    ({ countTokens }) =>
      (text) =>
        countTokens(text),
  );
  return await counting;
}
