import { trimEndOf } from '../../../common/trim-end';
import { decodeText } from '../decode-text';
import type { TextDocument } from '../document';

const FRONT_MATTER = /^---\n([\s\S]*?)\n---[ \t]*(?:\n|$)/;
const TITLE_LINE = /^title:(.+)$/m;
const FIRST_HEADING = /^#[ \t](.+)$/m;

/** Takes the title from the front matter or the first heading; the front matter is not part of the text. */
export function loadMarkdown(bytes: Uint8Array): TextDocument {
  const whole = decodeText(bytes);
  const frontMatter = FRONT_MATTER.exec(whole);
  const text = frontMatter === null ? whole : whole.slice(frontMatter[0].length);
  const declared = TITLE_LINE.exec(frontMatter?.[1] ?? '')?.[1]
    ?.trim()
    .replace(/^(["'])(.*)\1$/, '$2');
  return { kind: 'text', title: declared ?? headingIn(text), text };
}

/** The closing hashes of a heading are marks, not text. */
const headingIn = (text: string): string | undefined => {
  const line = FIRST_HEADING.exec(text)?.[1];
  return line === undefined ? undefined : trimEndOf(line.trim(), '#').trim();
};
