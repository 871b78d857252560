import ts from 'typescript';

/** What of a file is checked: a text of the same length and lines, in which everything else is blank. */
export type Reader = (text: string, file: string) => string;

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

const blankAll = (text: string, patterns: readonly RegExp[]): string =>
  patterns.reduce((rest, pattern) => rest.replace(pattern, blank), text);

const NOT_PROSE = [
  /^```[^\n]*\n(?:(?!```)[^\n]*\n)*```/gm,
  /^ {4}[^\n]*$/gm,
  /`(?:[^`\n]|\n(?!\n))*`/g,
  /<!--(?:[^-]|-(?!->))*-->/g,
  /\]\([^)\n]*\)/g,
];

/** Sentences of a Markdown page: no code, comments or targets of links. */
export const prose: Reader = (text) => blankAll(text, NOT_PROSE);

/** The first section of a changelog: later ones are history. */
export const newestSection: Reader = (text, file) => {
  const second = text.indexOf('\n## ', text.indexOf('\n## ') + 1);
  return prose(second < 0 ? text : text.slice(0, second), file);
};

const keepOnly = (text: string, ranges: readonly ts.TextRange[]): string => {
  const ends = [0, ...ranges.map(({ end }) => end)];
  const kept = ranges.map(({ pos, end }, index) => blank(text.slice(ends[index], pos)) + text.slice(pos, end));
  return kept.join('') + blank(text.slice(ends.at(-1)));
};

const isText = (node: ts.Node): boolean =>
  ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);

/** Their last sign is the quotation mark, or the `${` of a template that goes on. */
const closingLength = (node: ts.Node): number => (ts.isTemplateHead(node) || ts.isTemplateMiddle(node) ? 2 : 1);

/** String and template literals of a TypeScript file. */
export const strings: Reader = (text, file) => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const found: ts.TextRange[] = [];
  const visit = (node: ts.Node): void => {
    if (isText(node)) found.push({ pos: node.getStart(source) + 1, end: node.end - closingLength(node) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return keepOnly(text, found);
};

const commentsAround = (text: string, { pos, end }: ts.TextRange): ts.TextRange[] => [
  ...(ts.getLeadingCommentRanges(text, pos) ?? []),
  ...(ts.getTrailingCommentRanges(text, end) ?? []),
];

/** Comments of a TypeScript file, without code in them and the signs that begin their lines. */
export const comments: Reader = (text, file) => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = new Map<number, ts.TextRange>();
  const visit = (node: ts.Node): void => {
    for (const range of commentsAround(text, node)) found.set(range.pos, range);
    for (const child of node.getChildren(source)) visit(child);
  };
  visit(source);
  const ranges = [...found.values()].sort((a, b) => a.pos - b.pos);
  return blankAll(keepOnly(text, ranges), [/`[^`\n]*`/g, /^\s*(?:\/\*+|\*+\/?)/gm, /(?<!\S)\/\/+/g]);
};
