import { isContraction } from './stop-words';

/** A word as it stands in a text. */
export interface Part {
  /**
   * `word`: letters and digits. `symbol`: with a symbol that belongs to it (`C++`, `.NET`). `spaceless`: of a script
   * without spaces between words. `hangul`: Korean, a noun with its particle.
   */
  readonly kind: 'word' | 'symbol' | 'spaceless' | 'hangul';
  readonly text: string;
  /** Of a symbol: the word without it. */
  readonly bare?: string;
}

/** Words that no space separates. */
export interface Chunk {
  readonly parts: readonly Part[];
  /** Parts and symbols as one (`AB-123/4`); `null` where no symbol stands between two parts. */
  readonly joined: string | null;
  /** It is a code, an address, a number: its parts in another order are another thing. `well-known` is not one. */
  readonly isCode: boolean;
  /** Nothing but a space stands between it and the chunk before. */
  readonly isNext: boolean;
}

const WORD_CHARACTER = String.raw`[\p{L}\p{N}\p{M}]`;
const CONNECTOR = String.raw`[-_./:@&+#\\~=%?*^|'\u2010\u2013\u2014\u2212\u00D7\u00B7]`;
const PREFIX = String.raw`(?<![.#@$€£&])[.#@$€£](?=${WORD_CHARACTER})`;
/** Connectors and words exclude each other, so each text is read in one way only. */
const CHUNK = new RegExp(
  `(?<!${WORD_CHARACTER})(?:${PREFIX})?${WORD_CHARACTER}+` +
    `(?:(?:${CONNECTOR}{1,3}|(?<=\\p{Nd}),(?=\\p{Nd}))${WORD_CHARACTER}+)*[+#]*`,
  'gu',
);

/** The same for a text of ASCII alone, several times as fast. */
const ASCII_CHUNK = new RegExp(
  String.raw`(?<![A-Za-z0-9])(?:(?<![.#@$&])[.#@$](?=[A-Za-z0-9]))?[A-Za-z0-9]+` +
    String.raw`(?:(?:[-_./:@&+#\\~=%?*^|']{1,3}|(?<=[0-9]),(?=[0-9]))[A-Za-z0-9]+)*[+#]*`,
  'g',
);
const ASCII = /^[\x00-\x7F]*$/;

const SPACELESS = String.raw`\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Mymr}`;
const HANGUL = String.raw`\p{sc=Hang}`;
/** Words of one chunk: of one kind of script each, with the symbols that follow. */
const PIECE = new RegExp(
  `(?:([${SPACELESS}]+)|([${HANGUL}]+)|((?:(?![${SPACELESS}${HANGUL}])${WORD_CHARACTER})+))([^\\p{L}\\p{N}\\p{M}]*)`,
  'gu',
);
const PLAIN = /^[A-Za-z0-9]+$/;
/** `C++`, `C#`, `C++17`, `C#/F#`; but `a+b` and `issue#12` are two words. */
const OWN_SYMBOL = /^(?:\+\+|[+#](?=.))/;
const OWN_LAST_SYMBOL = /^(?:\+\+?|#)/;
/** `wing's` is `wing`. */
const POSSESSIVE = /'[sS]$/;
/** `U.S` (the last dot ends the chunk) is `US`. */
const INITIALS = /^\p{Lu}(?:\.\p{Lu})+$/u;
/** `U.S.-China` is `US-China`. */
const INITIALS_WITHIN = /(?<![\p{L}\p{N}.])\p{Lu}(?:\.\p{Lu})+\.?(?=-)/gu;
/** `R & D` is `R&D`. */
const SPACED_LETTERS = / & (?<=(?<![\p{L}\p{N}])\p{Lu} & )(?=\p{Lu}(?![\p{L}\p{N}]))/gu;
const HYPHENATED = /^[\p{L}\p{M}]+(?:[-/'\u2010\u2013\u2014][\p{L}\p{M}]+)*$/u;

/** The words of a text after `readable`, in order, with what belongs together. */
export function* chunksOf(original: string): Generator<Chunk> {
  const text = original.includes(' & ') ? original.replace(SPACED_LETTERS, '&') : original;
  let end = -2;
  for (const match of text.matchAll(ASCII.test(text) ? ASCII_CHUNK : CHUNK)) {
    const [written] = match;
    const isNext = match.index === end + 1 && text[end] === ' ';
    end = match.index + written.length;
    yield PLAIN.test(written)
      ? { parts: [{ kind: 'word', text: written }], joined: null, isCode: false, isNext }
      : { ...chunkOf(written), isNext };
  }
}

function chunkOf(written: string): Omit<Chunk, 'isNext'> {
  if (isContraction(written.toLowerCase())) return single({ kind: 'word', text: written });
  if (INITIALS.test(written))
    return { ...single({ kind: 'word', text: written.replaceAll('.', '') }), joined: written };
  const compound = written.replace(INITIALS_WITHIN, (initials) => initials.replaceAll('.', ''));
  return splitChunk(compound.replace(POSSESSIVE, ''));
}

const single = (part: Part): Omit<Chunk, 'isNext'> => ({ parts: [part], joined: null, isCode: false });

function splitChunk(written: string): Omit<Chunk, 'isNext'> {
  const first = /^[.#@$€£]/.exec(written)?.[0] ?? '';
  const pieces = [...written.slice(first.length).matchAll(PIECE)];
  const parts = pieces.map((piece, index) => partOf(piece, index === 0 ? first : '', index === pieces.length - 1));
  const hasGap = pieces.slice(0, -1).some((piece) => piece[4] !== '');
  if (!hasGap) return { parts, joined: null, isCode: false };
  return { parts, joined: written, isCode: !HYPHENATED.test(written) };
}

function partOf([, spaceless, hangul, word, after]: RegExpMatchArray, prefix: string, isLast: boolean): Part {
  if (spaceless !== undefined) return { kind: 'spaceless', text: spaceless };
  if (hangul !== undefined) return { kind: 'hangul', text: hangul };
  const bare = word ?? '';
  const suffix = (isLast ? OWN_LAST_SYMBOL : OWN_SYMBOL).exec(after ?? '')?.[0] ?? '';
  if (prefix === '' && suffix === '') return { kind: 'word', text: bare };
  return { kind: 'symbol', text: `${prefix}${bare}${suffix}`, bare };
}
