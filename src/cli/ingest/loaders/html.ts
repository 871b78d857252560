import { Parser } from 'htmlparser2';
import { decodeText } from '../decode-text';
import { BrokenFileError, type TextDocument } from '../document';

const UNSEEN = new Set(['script', 'style', 'noscript', 'template', 'svg', 'iframe', 'object', 'nav', 'head']);
const BLOCKS = new Set(
  'address article aside blockquote div dl dd dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table tr ul br'.split(
    ' ',
  ),
);
/** The parser takes longer for each element the more are open; browsers stop nesting at 512. */
const MAX_OPEN = 4_000;
const CELLS = new Set(['td', 'th']);

/** The text that a reader sees, with headings and list items as in Markdown, so that it is cut along them. */
export function loadHtml(bytes: Uint8Array): TextDocument {
  const reader = new TextOfHtml();
  const parser = new Parser(reader, { decodeEntities: true });
  parser.end(decodeText(bytes));
  return { kind: 'text', title: reader.title, text: reader.text };
}

class TextOfHtml {
  private readonly parts: string[] = [];
  private readonly titleParts: string[] = [];
  private hidden = 0;
  private inTitle = false;
  private preformatted = 0;
  private open = 0;

  get text(): string {
    return this.parts
      .join('')
      .replace(/(?<![ \t])[ \t]+\n/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
  }

  get title(): string | undefined {
    const title = this.titleParts.join('').replace(/\s+/g, ' ').trim();
    return title === '' ? undefined : title;
  }

  onopentag(name: string): void {
    this.open += 1;
    if (this.open > MAX_OPEN) throw new BrokenFileError(`More than ${MAX_OPEN} elements are open at once; close them.`);
    if (name === 'title' && this.titleParts.length === 0) this.inTitle = true;
    if (UNSEEN.has(name)) this.hidden += 1;
    if (this.hidden > 0) return;
    if (name === 'pre') this.preformatted += 1;
    if (BLOCKS.has(name)) this.parts.push(name === 'br' || name === 'tr' || name === 'li' ? '\n' : '\n\n');
    if (/^h[1-6]$/.test(name)) this.parts.push(`${'#'.repeat(Number(name[1]))} `);
    if (name === 'li') this.parts.push('- ');
  }

  ontext(text: string): void {
    if (this.inTitle) this.titleParts.push(text);
    if (this.hidden > 0) return;
    if (this.preformatted > 0) this.parts.push(text);
    else this.pushFlowing(text.replace(/\s+/g, ' '));
  }

  onclosetag(name: string): void {
    this.open -= 1;
    if (name === 'title') this.inTitle = false;
    if (UNSEEN.has(name)) this.hidden = Math.max(0, this.hidden - 1);
    if (this.hidden > 0) return;
    if (name === 'pre') this.preformatted = Math.max(0, this.preformatted - 1);
    if (CELLS.has(name)) this.parts.push(' | ');
    if (BLOCKS.has(name) && name !== 'br' && name !== 'li' && name !== 'tr') this.parts.push('\n\n');
  }

  /** White space at the start of a line is the layout of the source, not text. */
  private pushFlowing(text: string): void {
    const last = this.parts.at(-1);
    const flowing = last === undefined || /\s/.test(last.at(-1) ?? '') ? text.trimStart() : text;
    if (flowing !== '') this.parts.push(flowing);
  }
}
