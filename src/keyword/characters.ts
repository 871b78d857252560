const CHARACTER = /[\p{L}\p{N}]\p{M}*/gu;

/** The characters of a run without spaces, each with its marks. */
export const charactersOf = (run: string): string[] => run.match(CHARACTER) ?? [];

/** Each character with the one after it. */
export function neighboursOf(characters: readonly string[]): string[] {
  return characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`);
}
