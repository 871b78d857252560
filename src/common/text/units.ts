/** The smallest piece of a chunk: a sentence, or a word of a sentence that is too long. */
export interface Unit {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly endsParagraph: boolean;
}

export interface UnitLimits {
  readonly maxTokens: number;
  readonly countTokens: (text: string) => number;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

const PARAGRAPH_END = /\n[ \t\r]*\n\s*/g;

/** After a sentence's end with white space behind it, after an ideographic full stop, and after a line. */
const SENTENCE_END = /(?<![.!?…])[.!?…]+["'”’)\]]*\s+|[。！？]["'”’」』）]*\s*|\n\s*/g;

const WORD_END = /\s+/g;

/** The units between two offsets, in order; together they contain every character except white space. */
export function readUnits(text: string, start: number, end: number, limits: UnitLimits): Unit[] {
  return split(text, { start, end }, PARAGRAPH_END).flatMap((paragraph) => {
    const spans = split(text, paragraph, SENTENCE_END).flatMap((sentence) => shorten(text, sentence, limits));
    return spans.map((span, index) => ({
      ...span,
      tokens: limits.countTokens(text.slice(span.start, span.end)),
      endsParagraph: index === spans.length - 1,
    }));
  });
}

/** Spans between the matches of a separator, which stays with the span before it; trimmed, empty ones left out. */
function split(text: string, span: Span, separator: RegExp): Span[] {
  const content = text.slice(span.start, span.end);
  const ends = [...content.matchAll(separator)].map((match) => match.index + match[0].length);
  const starts = [0, ...ends];
  return starts.flatMap((from, index) => trim(content, from, ends[index] ?? content.length, span.start));
}

function trim(content: string, from: number, to: number, offset: number): Span[] {
  const piece = content.slice(from, to);
  const trimmed = piece.trim();
  if (trimmed === '') return [];
  const start = offset + from + (piece.length - piece.trimStart().length);
  return [{ start, end: start + trimmed.length }];
}

function shorten(text: string, sentence: Span, limits: UnitLimits): Span[] {
  if (isShort(text, sentence, limits)) return [sentence];
  return split(text, sentence, WORD_END).flatMap((word) => breakWord(text, word, limits));
}

/** A word longer than a chunk, such as base64 or a language without spaces, is cut between code points. */
function breakWord(text: string, word: Span, limits: UnitLimits): Span[] {
  const pieces: Span[] = [];
  for (let start = word.start; start < word.end;) {
    const end = longestPiece(text, start, word.end, limits);
    pieces.push({ start, end });
    start = end;
  }
  return pieces;
}

/** Doubles a piece until it is too long, then bisects: the rest of the word is never read. */
function longestPiece(text: string, start: number, limit: number, limits: UnitLimits): number {
  let low = start + 1;
  let high = start + limits.maxTokens;
  while (high < limit && isShort(text, { start, end: high }, limits)) {
    low = high;
    high = start + (high - start) * 2;
  }
  if (high >= limit && isShort(text, { start, end: limit }, limits)) return limit;
  high = Math.min(high, limit);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isShort(text, { start, end: middle }, limits)) low = middle;
    else high = middle;
  }
  if (!isLowSurrogate(text, low)) return low;
  return low - 1 > start ? low - 1 : low + 1;
}

const isLowSurrogate = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;

function isShort(text: string, span: Span, limits: UnitLimits): boolean {
  return limits.countTokens(text.slice(span.start, span.end)) <= limits.maxTokens;
}
