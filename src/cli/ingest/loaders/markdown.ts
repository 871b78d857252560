import { readHeadings } from '../../../common/text/sections';
import { decodeText } from '../decode-text';
import type { TextDocument } from '../document';
import type { LoadOptions } from './load-options';

const FRONT_MATTER = /^---\n([\s\S]*?)\n---[ \t]*(?:\n|$)/;
const TITLE_LINE = /^title:(.+)$/m;

/** Takes the title from the front matter or the first heading; the front matter is not part of the text. */
export function loadMarkdown(bytes: Uint8Array, options: LoadOptions = {}): TextDocument {
  const whole = decodeText(bytes, options);
  const frontMatter = FRONT_MATTER.exec(whole);
  const text = frontMatter === null ? whole : whole.slice(frontMatter[0].length);
  const declared = TITLE_LINE.exec(frontMatter?.[1] ?? '')?.[1]
    ?.trim()
    .replace(/^(["'])(.*)\1$/, '$2');
  return { kind: 'text', title: declared ?? headingIn(text), text };
}

const headingIn = (text: string): string | undefined => readHeadings(text).find(({ level }) => level === 1)?.title;
