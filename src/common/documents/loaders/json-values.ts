import { SyntaxKind } from 'jsonc-parser';
import { JsonFault, JsonParser, type Renamed } from './json-parser';

export interface JsonValue {
  readonly value: unknown;
  /** At which it starts, from 1. */
  readonly line: number;
}

export interface JsonValues {
  readonly values: readonly JsonValue[];
  readonly faults: readonly JsonFault[];
  readonly renamed: readonly Renamed[];
}

/** The elements of an array, or the values that stand one after another. A broken one does not end the reading. */
export function readValues(text: string): JsonValues {
  return new ValuesReader(new JsonParser(text)).read();
}

/** A value for each line that is not blank; a comma at its end is passed over, as left from an array. */
export function readLines(text: string): JsonValues {
  const values: JsonValue[] = [];
  const faults: JsonFault[] = [];
  const renamed: Renamed[] = [];
  text.split('\n').forEach((content, index) => {
    if (content.trim() === '') return;
    try {
      const parser = new JsonParser(content, index + 1);
      const value = parser.value();
      parser.skip(SyntaxKind.CommaToken);
      if (!parser.atEnd) throw parser.fault('the end of the line');
      values.push({ value, line: index + 1 });
      renamed.push(...parser.renamed);
    } catch (error) {
      faults.push(asFault(error));
    }
  });
  return { values, faults, renamed };
}

/** Lines that tell JSON Lines from one JSON value. */
const SAMPLE_LINES = 10;

/**
 * Whether a text that cannot be read as one JSON value has an object in one of its first lines: then each line is a value.
 * A line that is indented deeper than the first value is a part of one.
 */
export function looksLikeLines(text: string): boolean {
  let start = 0;
  let indent: number | undefined;
  for (let count = 0; count < SAMPLE_LINES && start < text.length; count += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end).trim();
    const own = text.slice(start, end).search(/\S/);
    if (line !== '' && line !== '[') indent ??= own;
    if (own <= (indent ?? own) && /^[[{]/.test(line) && readLines(line).faults.length === 0) return true;
    start = end + 1;
  }
  return false;
}

class ValuesReader {
  private readonly values: JsonValue[] = [];
  private readonly faults: JsonFault[] = [];
  /** Whether the values are the elements of an array. */
  private readonly isArray: boolean;

  constructor(private readonly parser: JsonParser) {
    this.isArray = parser.skip(SyntaxKind.OpenBracketToken);
  }

  read(): JsonValues {
    while (!this.hasEnded()) this.readOne();
    if (this.isArray && !this.parser.skip(SyntaxKind.CloseBracketToken) && this.faults.length === 0)
      this.faults.push(new JsonFault('the text ends before the array does: it may be cut off', this.parser.line));
    if (!this.parser.atEnd) this.faults.push(this.parser.fault('the end of the text'));
    return { values: this.values, faults: this.faults, renamed: this.parser.renamed };
  }

  private hasEnded(): boolean {
    return this.parser.atEnd || (this.isArray && this.parser.token === SyntaxKind.CloseBracketToken);
  }

  private readOne(): void {
    const { line, column, offset, isFirstOfLine } = this.parser;
    try {
      const value = this.parser.value();
      if (this.isArray && !this.hasEnded() && this.parser.token !== SyntaxKind.CommaToken && !this.isAtNext())
        throw this.parser.fault('"," or "]"');
      this.parser.skip(SyntaxKind.CommaToken);
      this.values.push({ value, line });
    } catch (error) {
      const fault = asFault(error);
      this.faults.push(
        new JsonFault(fault.line === line ? fault.message : `${fault.message} in line ${fault.line}`, line),
      );
      this.recover(offset, isFirstOfLine ? column : undefined);
    }
  }

  /** Whether only the comma before the next value is missing: an object or array, or a value at the start of a line. */
  private isAtNext(): boolean {
    return isOpening(this.parser.token) || (this.parser.isFirstOfLine && isScalar(this.parser.token));
  }

  /**
   * Goes to the next value after a broken one: in an array with a value on each line it starts in the same column as the
   * broken one, otherwise it follows the comma after what was opened is closed. The broken one, at `start`, is left.
   */
  private recover(start: number, column: number | undefined): void {
    const open = this.parser.openAtFault;
    for (; !this.parser.atEnd; this.parser.advance()) {
      const { token, offset } = this.parser;
      if (column !== undefined && offset !== start && this.startsNext(column)) return;
      if (isOpening(token)) open.push(token);
      else if (isClosing(token) && !closes(open, token) && this.isLast()) return;
      if (open.length === 0 && token === SyntaxKind.CommaToken) return this.parser.advance();
    }
  }

  private startsNext(column: number): boolean {
    const { token } = this.parser;
    if (!this.parser.isFirstOfLine || this.parser.column > column) return false;
    return isOpening(token) || token === SyntaxKind.StringLiteral;
  }

  /** Whether the bracket at the token ends the array; one in the middle of the text belongs to the broken value. */
  private isLast(): boolean {
    return this.isArray && this.parser.token === SyntaxKind.CloseBracketToken && this.parser.isLastToken;
  }
}

/** Takes what a bracket or brace closes from those that are open, with what was left open inside. */
function closes(open: SyntaxKind[], token: SyntaxKind): boolean {
  const opening = token === SyntaxKind.CloseBraceToken ? SyntaxKind.OpenBraceToken : SyntaxKind.OpenBracketToken;
  const at = open.lastIndexOf(opening);
  if (at === -1) return false;
  open.length = at;
  return true;
}

const isOpening = (token: SyntaxKind): boolean =>
  token === SyntaxKind.OpenBraceToken || token === SyntaxKind.OpenBracketToken;
const isScalar = (token: SyntaxKind): boolean =>
  [
    SyntaxKind.StringLiteral,
    SyntaxKind.NumericLiteral,
    SyntaxKind.TrueKeyword,
    SyntaxKind.FalseKeyword,
    SyntaxKind.NullKeyword,
  ].includes(token);
const isClosing = (token: SyntaxKind): boolean =>
  token === SyntaxKind.CloseBraceToken || token === SyntaxKind.CloseBracketToken;

function asFault(error: unknown): JsonFault {
  if (error instanceof JsonFault) return error;
  throw error;
}
