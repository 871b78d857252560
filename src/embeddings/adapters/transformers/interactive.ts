/** What a search sends: it overtakes everything larger. */
const INTERACTIVE_TEXTS = 4;
const INTERACTIVE_CHARACTERS = 1000;

/** Whether somebody is likely to wait for these texts, as for a search; anything larger is bulk. */
export function isInteractive(texts: readonly string[]): boolean {
  if (texts.length > INTERACTIVE_TEXTS) return false;
  return texts.reduce((total, text) => total + text.length, 0) <= INTERACTIVE_CHARACTERS;
}
