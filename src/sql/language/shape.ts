import { refused } from './refusal';

/**
 * Most tokens that may stand in one another. The parser writes its tree by recursion: 5,000 levels exhaust the stack, and a
 * parser that ended so has lost memory for good. Tokens count here, as a level needs one at least.
 */
export const MAX_NESTED = 2_000;
/** The parser cuts longer names, so that they would name something else. */
const MAX_NAME_BYTES = 63;

/* eslint-disable regexp/no-super-linear-move -- sticky patterns are tried at one place each, and do not move. */
const SPACE = /(?:[ \t\n\r\f\v]+|--[^\n\r]*)+/y;
const WORD = /[A-Za-z_\u{80}-\u{10ffff}][A-Za-z_\u{80}-\u{10ffff}0-9$]*/uy;
const NUMBER = /[0-9][0-9A-Za-z_.]*/y;
const TEXT = /'[^']*(?:'|$)/y;
const ESCAPED = /'(?:[^'\\]|\\.)*(?:'|\\?$)/sy;
const NAME = /"[^"]*(?:"(?:"[^"]*")*|$)/y;
const TAG = /\$(?:[A-Za-z_\u{80}-\u{10ffff}][A-Za-z_\u{80}-\u{10ffff}0-9]*)?\$/uy;
/* eslint-enable regexp/no-super-linear-move */
const COMMENT_EDGE = /\/\*|\*\//g;
const SETS = new Set(['union', 'intersect', 'except']);

/**
 * Refuses a statement that the parser must not see: one with too many tokens in one another, or with a name that it would
 * cut. Reads it by the lexical rules of Postgres, in one pass.
 */
export function mustBeReadable(query: string): void {
  const nesting = new Nesting();
  for (const { text, at } of tokensOf(query)) {
    if (isName(text) && bytesOf(text) > MAX_NAME_BYTES) {
      throw refused(`a name has more than ${MAX_NAME_BYTES} bytes`, at + 1);
    }
    if (nesting.add(text) > MAX_NESTED) throw refused('it is nested too deeply', at + 1);
  }
}

/** `E'…'` begins as a word does. */
const isName = (text: string): boolean =>
  text.startsWith('"') || (/^[A-Za-z_\u{80}-\u{10ffff}]/u.test(text) && text[1] !== "'");
const bytesOf = (text: string): number =>
  Buffer.byteLength(text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);

interface Level {
  /** Tokens since the last comma; what stands in their parentheses at most. */
  own: number;
  inner: number;
  /** The most before that comma. */
  most: number;
  /** UNION and the like: each holds all that is before it, whatever commas are between. */
  sets: number;
}

const level = (): Level => ({ own: 0, inner: 0, most: 0, sets: 0 });
const depthOf = ({ own, inner, most, sets }: Level): number => Math.max(most, own + inner) + sets;

/** The elements of a list stand beside each other; whatever else follows may hold what is before it. */
class Nesting {
  private readonly outer: Level[] = [];
  private current = level();

  /** The deepest that this token can stand, as far as known. */
  add(token: string): number {
    if (token === ',') this.next();
    else if (token === ')' || token === ']') this.close();
    else this.current.own++;
    if (SETS.has(token.toLowerCase())) this.current.sets++;
    if (token === '(' || token === '[') this.open();
    return this.outer.length + depthOf(this.current);
  }

  private next(): void {
    this.current.most = Math.max(this.current.most, this.current.own + this.current.inner);
    this.current.own = this.current.inner = 0;
  }

  private open(): void {
    this.outer.push(this.current);
    this.current = level();
  }

  private close(): void {
    const inner = depthOf(this.current);
    this.current = this.outer.pop() ?? level();
    this.current.inner = Math.max(this.current.inner, inner);
  }
}

interface Token {
  readonly text: string;
  readonly at: number;
}

/** A token for each word, number, parenthesis, comma and text, and one for each character of an operator. */
function* tokensOf(query: string): Generator<Token> {
  let at = 0;
  while (at < query.length) {
    const blank = skipped(query, at);
    if (blank > at) {
      at = blank;
      continue;
    }
    const end = endOf(query, at);
    yield { text: query.slice(at, end), at };
    at = end;
  }
}

const matched = (pattern: RegExp, query: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(query)?.[0];
};

function skipped(query: string, at: number): number {
  if (query.startsWith('/*', at)) return endOfComment(query, at);
  return at + (matched(SPACE, query, at)?.length ?? 0);
}

/** Comments nest. */
function endOfComment(query: string, at: number): number {
  let depth = 0;
  COMMENT_EDGE.lastIndex = at;
  for (let edge = COMMENT_EDGE.exec(query); edge; edge = COMMENT_EDGE.exec(query)) {
    depth += edge[0] === '/*' ? 1 : -1;
    if (depth === 0) return COMMENT_EDGE.lastIndex;
  }
  return query.length;
}

function endOf(query: string, at: number): number {
  if (/^[eE]'/.test(query.slice(at, at + 2))) return endOfEscaped(query, at + 1);
  if (query[at] === '$') return endOfDollar(query, at);
  for (const pattern of [WORD, NUMBER, TEXT, NAME]) {
    const found = matched(pattern, query, at);
    if (found !== undefined) return at + found.length;
  }
  return at + 1;
}

/** A text continues after a blank, by the same rules. */
function endOfEscaped(query: string, at: number): number {
  let end = at;
  for (let next = at; query[next] === "'"; next = skipped(query, end))
    end = next + (matched(ESCAPED, query, next)?.length ?? 1);
  return end;
}

function endOfDollar(query: string, at: number): number {
  const tag = matched(TAG, query, at);
  if (tag === undefined) return at + 1;
  const end = query.indexOf(tag, at + tag.length);
  return end < 0 ? query.length : end + tag.length;
}
