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
/** The marks of list items before what is in them. */
const LIST_MARKS = /^ {0,3}(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)+/;
const COMMENT_START = /^ {0,3}<!--/;
const COMMENT_END = /-->/;
/** HTML elements whose content is no Markdown. */
const VERBATIM_START = /^ {0,3}<(?:pre|script|style|textarea)(?:[\s>]|$)/i;
const VERBATIM_END = /<\/(?:pre|script|style|textarea)>/i;
const TAB_WIDTH = 4;

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

/** The headings in order; a line in a block of code, in a comment or in HTML such as `<pre>` is none. */
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

/** Follows blocks whose lines mean nothing: fenced code, HTML comments and verbatim elements. */
class LiteralBlocks {
  private fence = '';
  /** The column at which the content of the list item begins that the fence is in; 0 outside of lists. */
  private fenceColumn = 0;
  /** What ends the HTML that is being read. */
  private htmlEnd: RegExp | undefined;

  /** Whether this line, the next one of the text, belongs to such a block. */
  take(line: string): boolean {
    if (this.fence !== '') return this.takeCode(line);
    if (this.htmlEnd !== undefined) return this.takeHtml(line, this.htmlEnd);
    if (COMMENT_START.test(line)) return this.takeHtml(line.slice(line.indexOf('<!--') + 4), COMMENT_END);
    if (VERBATIM_START.test(line)) return this.takeHtml(line, VERBATIM_END);
    const [marks = ''] = LIST_MARKS.exec(line) ?? [];
    this.fence = FENCE.exec(line.slice(marks.length))?.[1] ?? '';
    this.fenceColumn = widthOf(marks);
    return this.fence !== '';
  }

  private takeCode(line: string): boolean {
    const content = line.trim();
    const column = widthOf(line.slice(0, line.length - line.trimStart().length));
    if (content !== '' && column < this.fenceColumn) {
      // The list item ends, and its code with it.
      this.fence = '';
      return this.take(line);
    }
    const [whole = '', mark = ''] = column - this.fenceColumn < TAB_WIDTH ? (FENCE.exec(content) ?? []) : [];
    if (mark.startsWith(this.fence) && whole === content) this.fence = '';
    return true;
  }

  private takeHtml(line: string, end: RegExp): boolean {
    this.htmlEnd = end.test(line) ? undefined : end;
    return true;
  }
}

/** In columns; a tab reaches the next multiple of four. */
function widthOf(marks: string): number {
  let width = 0;
  for (const mark of marks) width += mark === '\t' ? TAB_WIDTH - (width % TAB_WIDTH) : 1;
  return width;
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
