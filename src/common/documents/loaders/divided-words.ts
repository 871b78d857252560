/**
 * A word that is divided at the end of a line: letters and a hyphen, then the rest in the next line. A soft hyphen always
 * divides. The look-behind makes each hyphen be looked at once.
 */
const DIVIDED = /(?<=\p{L})([-\u2010\u00ad])[ \t]*\n[ \t]*(?=(\p{L}))/gu;
const SOFT_HYPHEN = /\u00ad/g;
const HYPHENS = /[-\u2010]/g;

const ENDS_DIVIDED = /\p{L}[-\u2010\u00ad]\s*$/u;
const REST_OF_WORD = /^\s*(\p{Ll}[\p{L}\p{M}]*[^\s\p{L}]?)/u;

/**
 * The texts of pages with the words joined that were divided between lines or pages. A hyphen is kept when what follows
 * it starts with a capital (`Baden-Baden`, not `INTER-NATIONAL`), or when the word is written with it elsewhere in the
 * document (`well-known`). Before `and` and `or` it stands for the end of the next word, and a space stays too.
 */
export function joinPages(pages: readonly string[]): string[] {
  const whole = joinAcrossPages(pages);
  const hyphenated = hyphenatedWords(whole);
  return whole.map((page) => joinLines(page, hyphenated));
}

function joinLines(page: string, hyphenated: ReadonlySet<string>): string {
  const joined = page.replace(DIVIDED, (found, hyphen: string, next: string, at: number) => {
    if (hyphen === '\u00ad') return '';
    const start = at + found.length;
    if (CONJUNCTION.test(page.slice(start, start + 2 * LONGEST_HALF))) return `${hyphen} `;
    const [before, after] = halvesAround(page, at, start);
    const isKept = next !== next.toLowerCase() && !isInCapitals(before, after);
    return isKept || hyphenated.has(`${before}-${after}`.toLowerCase()) ? '-' : '';
  });
  return joined.replace(SOFT_HYPHEN, '');
}

/** `or` may also be the end of a word (`vend-or`), so a word with a hyphen must follow it. */
const CONJUNCTION = /^(?:(?:und|oder|bzw|sowie|and)(?![\p{L}\p{M}])|or[ \n]\s{0,9}[\p{L}\p{M}]{1,60}[-\u2010])/iu;

/** Of a heading in capitals; short halves are rather separate names (`CD-ROM`). */
const isInCapitals = (before: string, after: string): boolean =>
  before.length >= 3 && after.length >= 4 && `${before}${after}` === `${before}${after}`.toUpperCase();

/** The longest words of any language are shorter; the bound keeps the search for their ends short. */
const LONGEST_HALF = 60;

function halvesAround(page: string, end: number, start: number): readonly [before: string, after: string] {
  const before = /[\p{L}\p{M}]{1,60}$/u.exec(page.slice(Math.max(0, end - LONGEST_HALF), end))?.[0] ?? '';
  const after = /^[\p{L}\p{M}]+/u.exec(page.slice(start, start + LONGEST_HALF))?.[0] ?? '';
  return [before, after];
}

/** The words that are written with a hyphen inside a line. */
function hyphenatedWords(pages: readonly string[]): ReadonlySet<string> {
  const words = new Set<string>();
  for (const page of pages)
    for (const { index } of page.matchAll(HYPHENS)) {
      if (/\p{L}/u.test(page.charAt(index + 1)))
        words.add(
          halvesAround(page, index, index + 1)
            .join('-')
            .toLowerCase(),
        );
    }
  return words;
}

/** The rest of a word at the top of a page goes to the page on which the word begins. */
function joinAcrossPages(pages: readonly string[]): string[] {
  const joined = [...pages];
  for (let index = 1; index < joined.length; index += 1) {
    const before = (joined[index - 1] ?? '').trimEnd();
    const [found, rest] = REST_OF_WORD.exec(joined[index] ?? '') ?? [];
    if (found === undefined || !ENDS_DIVIDED.test(before.slice(-LONGEST_HALF))) continue;
    joined[index - 1] = `${before}\n${rest ?? ''}`;
    joined[index] = (joined[index] ?? '').slice(found.length);
  }
  return joined;
}
