/** A part of a document under one heading, including the heading line. */
export interface Section {
  readonly start: number;
  readonly end: number;
  /** The trail of headings, outermost first; empty above the first one. */
  readonly heading: string;
}

interface Line {
  readonly text: string;
  readonly start: number;
}

/** A heading of a Markdown text. */
export interface Heading {
  readonly level: number;
  readonly title: string;
  readonly start: number;
  /** Start of the text under it. */
  readonly bodyStart: number;
}

const ATX = /^ {0,3}(#{1,6})[ \t]+(\S.*)$/;
const CLOSING_HASHES = /(?<![ \t])[ \t]+#+$/;
const SETEXT = /^ {0,3}(=+|-{2,})[ \t]*$/;
/** What follows the marks is the language; an opening one of backticks has none of them there, a closing one nothing. */
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const COMMENT_START = /^ {0,3}<!--/;
const COMMENT_END = '-->';

/** The sections of a text in order. A heading without text belongs to the section after it. */
export function readSections(text: string): Section[] {
  const headings = readHeadings(text);
  const sections: Section[] = [];
  const trail: Heading[] = [];
  let start = 0;
  let bodyStart = 0;
  for (const heading of [...headings, undefined]) {
    const end = heading?.start ?? text.length;
    if (text.slice(bodyStart, end).trim() !== '' || (heading === undefined && text.slice(start, end).trim() !== '')) {
      sections.push({ start, end, heading: trail.map(({ title }) => title).join(' > ') });
      start = end;
    }
    if (heading === undefined) break;
    while ((trail.at(-1)?.level ?? 0) >= heading.level) trail.pop();
    trail.push(heading);
    bodyStart = heading.bodyStart;
  }
  return sections;
}

/** The headings in order; a line in a block of code or in a comment is none. */
export function readHeadings(text: string): Heading[] {
  const headings: Heading[] = [];
  const blocks = new LiteralBlocks();
  let previous: Line | undefined;
  for (const line of lines(text)) {
    if (blocks.take(line.text)) {
      previous = undefined;
      continue;
    }
    const heading = atxHeading(line) ?? setextHeading(previous, line);
    if (heading !== undefined) headings.push(heading);
    const isText = heading === undefined && line.text.trim() !== '';
    previous = isText && previous === undefined ? line : isText ? { ...line, text: '' } : undefined;
  }
  return headings;
}

/** Follows blocks whose lines mean nothing: fenced code and HTML comments. */
class LiteralBlocks {
  private fence = '';
  private isComment = false;

  /** Whether this line, the next one of the text, belongs to such a block. */
  take(line: string): boolean {
    if (this.fence !== '') return this.takeCode(line);
    if (this.isComment) return this.takeComment(line);
    this.fence = FENCE.exec(line)?.[1] ?? '';
    return this.fence !== '' || (COMMENT_START.test(line) && this.takeComment(line.slice(line.indexOf('<!--') + 4)));
  }

  private takeCode(line: string): boolean {
    const [whole = '', mark = ''] = FENCE.exec(line) ?? [];
    if (mark.startsWith(this.fence) && line.slice(whole.length).trim() === '') this.fence = '';
    return true;
  }

  private takeComment(line: string): boolean {
    this.isComment = !line.includes(COMMENT_END);
    return true;
  }
}

function atxHeading(line: Line): Heading | undefined {
  const [, marks, title] = ATX.exec(line.text) ?? [];
  if (marks === undefined || title === undefined) return undefined;
  const bodyStart = line.start + line.text.length;
  return { level: marks.length, title: title.trim().replace(CLOSING_HASHES, ''), start: line.start, bodyStart };
}

/** An underlined line; only a single line, so that a table or a list is not mistaken for a heading. */
function setextHeading(previous: Line | undefined, line: Line): Heading | undefined {
  const underline = SETEXT.exec(line.text)?.[1];
  const title = previous?.text.trim() ?? '';
  if (underline === undefined || previous === undefined || title === '' || /^[-*+>|]/.test(title)) return undefined;
  const bodyStart = line.start + line.text.length;
  return { level: underline.startsWith('=') ? 1 : 2, title, start: previous.start, bodyStart };
}

function* lines(text: string): Generator<Line> {
  for (let start = 0; start <= text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield { text: text.slice(start, end).replace(/\r$/, ''), start };
    start = end + 1;
  }
}
