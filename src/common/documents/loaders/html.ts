import { Parser } from 'htmlparser2';
import { decodeText } from '../decode-text';
import { BrokenFileError, type TextDocument } from '../document';
import { declaredEncoding } from './html-encoding';
import { HtmlVisibility } from './html-visibility';
import type { LoadOptions } from './load-options';
import { isMediaForScreen, styleRules } from './style-rules';

const BLOCKS = new Set(
  'address article aside blockquote button caption center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr label legend li main menu ol optgroup option p pre search section select summary table textarea tr ul'.split(
    ' ',
  ),
);
/** They are a line, not a paragraph. */
const LINES = new Set(['tr', 'li', 'option', 'optgroup', 'button', 'label', 'textarea', 'summary', 'legend']);
/** The parser takes longer for each element the more are open; browsers stop nesting at 512. */
const MAX_OPEN = 4_000;
const CELLS = new Set(['td', 'th']);

type Attributes = Readonly<Record<string, string>>;

/**
 * The text that a reader sees, with headings and list items as in Markdown, so that it is cut along them. What the page
 * hides is left out: it would be found, and could instruct a model, without anybody having seen it.
 */
export function loadHtml(bytes: Uint8Array, options: LoadOptions = {}): TextDocument {
  const html = decodeText(bytes, { ...options, declared: declaredEncoding(bytes) });
  const reader = new TextOfHtml(new HtmlVisibility(styleRules(styleSheetsIn(html))));
  new Parser(reader, { decodeEntities: true }).end(html);
  return { kind: 'text', title: reader.title, text: reader.text };
}

/** Style sheets in them do not apply. */
const INERT = new Set(['noscript', 'template']);

/** They may stand anywhere and apply everywhere, so they are read first. */
function styleSheetsIn(html: string): string[] {
  const sheets: string[] = [];
  if (!/<style/i.test(html)) return sheets;
  let parts: string[] | undefined;
  let open = 0;
  let inert = 0;
  const parser = new Parser({
    onopentag: (name, attributes) => {
      if ((open += 1) > MAX_OPEN) throw tooManyOpen();
      if (INERT.has(name)) inert += 1;
      if (name === 'style' && inert === 0 && isMediaForScreen(attributes['media'] ?? '')) parts = [];
    },
    ontext: (text) => void parts?.push(text),
    onclosetag: (name) => {
      open -= 1;
      if (INERT.has(name)) inert -= 1;
      if (name !== 'style' || parts === undefined) return;
      sheets.push(parts.join(''));
      parts = undefined;
    },
  });
  parser.end(html);
  return sheets;
}

const tooManyOpen = (): BrokenFileError =>
  new BrokenFileError(`More than ${MAX_OPEN} elements are open at once; close them.`);

class TextOfHtml {
  private readonly parts: string[] = [];
  private readonly titleParts: string[] = [];
  private inTitle = false;
  private preformatted = 0;
  private open = 0;

  constructor(private readonly visibility: HtmlVisibility) {}

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

  onopentag(name: string, attributes: Attributes): void {
    this.open += 1;
    if (this.open > MAX_OPEN) throw tooManyOpen();
    this.visibility.openElement(name, attributes);
    if (name === 'title' && this.titleParts.length === 0 && !this.visibility.isInGraphic) this.inTitle = true;
    if (name === 'pre') this.preformatted += 1;
    if (this.visibility.isHidden) return;
    if (name === 'br') this.parts.push('\n');
    else this.separate(name);
    if (/^h[1-6]$/.test(name)) this.parts.push(`${'#'.repeat(Number(name[1]))} `);
    if (name === 'li') this.parts.push('- ');
  }

  ontext(text: string): void {
    if (this.inTitle) this.titleParts.push(text);
    if (this.visibility.isHidden) return;
    if (this.preformatted > 0) this.parts.push(text);
    else this.pushFlowing(text.replace(/\s+/g, ' '));
  }

  onclosetag(name: string): void {
    this.open -= 1;
    const wasHidden = this.visibility.isHidden;
    this.visibility.closeElement();
    if (name === 'title') this.inTitle = false;
    if (name === 'pre') this.preformatted = Math.max(0, this.preformatted - 1);
    if (wasHidden) return;
    if (CELLS.has(name)) this.parts.push(' | ');
    if (name !== 'br') this.separate(name);
  }

  private separate(name: string): void {
    if (!BLOCKS.has(name)) return;
    if (!LINES.has(name)) this.parts.push('\n\n');
    else if (this.parts.at(-1)?.endsWith('\n') === false) this.parts.push('\n');
  }

  /** White space at the start of a line is the layout of the source, not text. */
  private pushFlowing(text: string): void {
    const last = this.parts.at(-1);
    const flowing = last === undefined || /\s/.test(last.at(-1) ?? '') ? text.trimStart() : text;
    if (flowing !== '') this.parts.push(flowing);
  }
}
