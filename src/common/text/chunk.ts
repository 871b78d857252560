import { estimateTokens } from './estimate-tokens';
import { readSections, type Section } from './sections';
import { readUnits, type Unit } from './units';

export interface Chunk {
  readonly text: string;
  /** UTF-16 offsets into the input: `text` is `input.slice(start, end)`. */
  readonly start: number;
  readonly end: number;
  /** The headings above the chunk, outermost first: `Guide > Install`. */
  readonly heading?: string;
}

export interface ChunkOptions {
  /** No chunk is longer, unless a single character is. Default 200. */
  readonly maxTokens?: number;
  /** Maximum tokens that a chunk repeats from the previous one, in whole sentences where they fit. Default 40. */
  readonly overlap?: number;
  readonly countTokens?: (text: string) => number;
}

type Limits = Required<ChunkOptions>;

/**
 * Splits plain text or Markdown into chunks for embedding: never across a heading, at the end of a paragraph where that
 * leaves a chunk at least half full, otherwise at the end of a sentence, and inside a sentence only when it is longer
 * than a chunk. Every character except white space is in some chunk.
 */
export function chunkText(text: string, options: ChunkOptions = {}): Chunk[] {
  const maxTokens = Math.max(1, options.maxTokens ?? 200);
  const overlap = Math.min(options.overlap ?? 40, Math.floor(maxTokens / 2));
  const limits: Limits = { maxTokens, overlap, countTokens: options.countTokens ?? estimateTokens };
  return readSections(text).flatMap((section) => chunkSection(text, section, limits));
}

function chunkSection(text: string, section: Section, limits: Limits): Chunk[] {
  const units = readUnits(text, section.start, section.end, limits);
  const chunks: Chunk[] = [];
  let from = 0;
  // The first `done` units are in a chunk already: the next chunk may repeat some of them, and must extend beyond them.
  for (let done = 0; done < units.length;) {
    const to = endOfChunk(text, units, from, done, limits);
    const start = units[from]?.start ?? section.start;
    const end = units[to - 1]?.end ?? section.end;
    chunks.push({ text: text.slice(start, end), start, end, ...(section.heading && { heading: section.heading }) });
    done = to;
    from = startOfNext(text, units, from, to, limits);
  }
  return chunks;
}

/** The index after the last unit of the chunk that starts at `from`; always more than `done`. */
function endOfChunk(text: string, units: readonly Unit[], from: number, done: number, limits: Limits): number {
  let to = from;
  let tokens = 0;
  let paragraph = 0;
  for (; to < units.length; to++) {
    const unit = units[to] as Unit;
    if (to > done && tokens + unit.tokens > limits.maxTokens) break;
    tokens += unit.tokens;
    if (unit.endsParagraph && to >= done && tokens * 2 >= limits.maxTokens) paragraph = to + 1;
  }
  if (to < units.length && paragraph > done) to = paragraph;
  // A counter that is not additive may count the whole as more than its parts.
  while (to > done + 1 && !fits(text, units, from, to, limits)) to--;
  return to;
}

/** Steps back over whole units that fit the overlap and leave room for the next unit. */
function startOfNext(text: string, units: readonly Unit[], from: number, to: number, limits: Limits): number {
  let start = to;
  let tokens = 0;
  while (start > from + 1) {
    tokens += units[start - 1]?.tokens ?? 0;
    if (tokens > limits.overlap) break;
    start--;
  }
  while (start < to && !fits(text, units, start, to + 1, limits)) start++;
  return start;
}

function fits(text: string, units: readonly Unit[], from: number, to: number, limits: Limits): boolean {
  const last = units[Math.min(to, units.length) - 1];
  return limits.countTokens(text.slice(units[from]?.start, last?.end)) <= limits.maxTokens;
}
