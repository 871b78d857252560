import { readHeadings } from '../../text/sections';
import { decodeText } from '../decode-text';
import type { TextDocument } from '../document';
import type { LoadOptions } from './load-options';

const FRONT_MATTER = /^---\n([\s\S]*?)\n---[ \t]*(?:\n|$)/;
const BLOCK_SCALAR = /^[|>][-+\d]{0,2}(?:[ \t]+#.*)?$/;
const QUOTED = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)')(?:[ \t]+#.*)?$/;
const COMMENT = /(?:^|[ \t])#.*$/;

/** Takes the title from the front matter or the first heading; the front matter is not part of the text. */
export function loadMarkdown(bytes: Uint8Array, options: LoadOptions = {}): TextDocument {
  const whole = decodeText(bytes, options);
  const frontMatter = FRONT_MATTER.exec(whole);
  const text = frontMatter === null ? whole : whole.slice(frontMatter[0].length);
  return { kind: 'text', title: declaredTitle(frontMatter?.[1] ?? '') ?? headingIn(text), text };
}

/** Of YAML; the lines of a longer one are joined. */
function declaredTitle(frontMatter: string): string | undefined {
  const lines = frontMatter.split('\n');
  const at = lines.findIndex((line) => line.startsWith('title:'));
  if (at === -1) return undefined;
  const first = lines[at]?.slice('title:'.length).trim() ?? '';
  const next = lines.findIndex((line, index) => index > at && /^\S/.test(line));
  const more = lines.slice(at + 1, next === -1 ? lines.length : next).map((line) => line.trim());
  const title = BLOCK_SCALAR.test(first) ? joined(more) : scalarOf(joined([first, ...more]));
  return ['', '~', 'null'].includes(title) ? undefined : title;
}

const joined = (lines: readonly string[]): string => lines.filter((line) => line !== '').join(' ');

function scalarOf(written: string): string {
  const [, double, single] = QUOTED.exec(written) ?? [];
  if (double !== undefined) return unescaped(double).trim();
  return single?.replaceAll("''", "'").trim() ?? written.replace(COMMENT, '').trim();
}

/** The escapes of YAML that JSON has too; with others, the text as it is written. */
function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

const headingIn = (text: string): string | undefined => readHeadings(text).find(({ level }) => level === 1)?.title;
