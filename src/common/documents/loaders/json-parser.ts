import { createScanner, ScanError, SyntaxKind, type JSONScanner } from 'jsonc-parser';
import { FreeNames } from '../free-name';

/** Why a text is not JSON, and where. */
export class JsonFault extends Error {
  constructor(
    message: string,
    /** From 1. */
    readonly line: number,
  ) {
    super(message);
    this.name = 'JsonFault';
  }
}

/** A name that an object has more than once, and the name under which the later value is kept. */
export interface Renamed {
  readonly line: number;
  readonly name: string;
  readonly kept: string;
}

/** Later code recurses for each level. */
const MAX_DEPTH = 256;

/**
 * Reads JSON values from a text, one after another. `JSON.parse` is not enough: it rounds integers beyond 2^53, drops a
 * value whose name occurs twice, and says nothing of a text that has one fault. Comments are passed over.
 */
export class JsonParser {
  readonly renamed: Renamed[] = [];
  private readonly scanner: JSONScanner;
  private open: SyntaxKind[] = [];
  private readonly lastEnd: number;
  private isStarted = false;
  /** Of the token before this one. */
  private lineBefore = 0;

  constructor(
    private readonly text: string,
    private readonly firstLine = 1,
  ) {
    this.scanner = createScanner(text, true);
    this.lastEnd = text.trimEnd().length;
    this.advance();
  }

  get token(): SyntaxKind {
    return this.scanner.getToken();
  }

  get atEnd(): boolean {
    return this.token === SyntaxKind.EOF;
  }

  get line(): number {
    return this.scanner.getTokenStartLine() + this.firstLine;
  }

  /** Of the token in its line, from 0. */
  get column(): number {
    return this.scanner.getTokenStartCharacter();
  }

  /** Of the token in the text, from 0. */
  get offset(): number {
    return this.scanner.getTokenOffset();
  }

  get isFirstOfLine(): boolean {
    return this.lineBefore !== this.line;
  }

  /** Whether nothing but white space follows the token. */
  get isLastToken(): boolean {
    return this.scanner.getPosition() >= this.lastEnd;
  }

  advance(): void {
    this.lineBefore = this.isStarted ? this.line : 0;
    this.isStarted = true;
    this.scanner.scan();
  }

  /** Whether the token is this one, which is then passed. */
  skip(token: SyntaxKind): boolean {
    const isIt = this.token === token;
    if (isIt) this.advance();
    return isIt;
  }

  /** The value that starts at the token. Throws `JsonFault`; the token is then the one at fault. */
  value(): unknown {
    this.open = [];
    return this.any();
  }

  private any(): unknown {
    switch (this.token) {
      case SyntaxKind.OpenBraceToken:
        return this.nested(() => this.object());
      case SyntaxKind.OpenBracketToken:
        return this.nested(() => this.array());
      default:
        return this.scalar();
    }
  }

  fault(expected: string): JsonFault {
    if (this.atEnd) return new JsonFault('the text ends in the middle of a value; it may be cut off', this.line);
    if (this.scanner.getTokenError() === ScanError.UnexpectedEndOfString)
      return new JsonFault('a string is not closed', this.line);
    const found = this.text.slice(this.scanner.getTokenOffset(), this.scanner.getPosition()).slice(0, 20);
    return new JsonFault(
      `expected ${expected}, found ${JSON.stringify(found)} in column ${this.column + 1}`,
      this.line,
    );
  }

  /** The brackets and braces that were open where the last value broke off, outermost first. */
  get openAtFault(): SyntaxKind[] {
    return [...this.open];
  }

  private nested<T>(read: () => T): T {
    if (this.open.length >= MAX_DEPTH) throw new JsonFault(`it nests deeper than ${MAX_DEPTH} levels`, this.line);
    this.open.push(this.token);
    this.advance();
    const value = read();
    this.open.pop();
    return value;
  }

  private array(): unknown[] {
    const elements: unknown[] = [];
    if (this.skip(SyntaxKind.CloseBracketToken)) return elements;
    do elements.push(this.any());
    while (this.skip(SyntaxKind.CommaToken));
    if (!this.skip(SyntaxKind.CloseBracketToken)) throw this.fault('"," or "]"');
    return elements;
  }

  private object(): Record<string, unknown> {
    const fields: Field[] = [];
    if (this.skip(SyntaxKind.CloseBraceToken)) return {};
    do fields.push(this.field());
    while (this.skip(SyntaxKind.CommaToken));
    if (!this.skip(SyntaxKind.CloseBraceToken)) throw this.fault('"," or "}"');
    const byName = new Map(fields.map(({ name, value }) => [name, value]));
    return Object.fromEntries(byName.size === fields.length ? byName : this.withFreeNames(fields));
  }

  private field(): Field {
    const { line } = this;
    const name = this.string('a name in quotation marks');
    if (!this.skip(SyntaxKind.ColonToken)) throw this.fault('":"');
    return { line, name, value: this.any() };
  }

  /** The first field of a name keeps it, the others get one that the object does not have. */
  private withFreeNames(fields: readonly Field[]): [string, unknown][] {
    const free = new FreeNames(fields.map(({ name }) => name));
    const seen = new Set<string>();
    return fields.map(({ line, name, value }) => {
      const kept = seen.has(name) ? free.take(name) : name;
      if (kept !== name) this.renamed.push({ line, name, kept });
      seen.add(name);
      return [kept, value];
    });
  }

  private scalar(): unknown {
    const read = {
      [SyntaxKind.NullKeyword]: () => null,
      [SyntaxKind.TrueKeyword]: () => true,
      [SyntaxKind.FalseKeyword]: () => false,
      [SyntaxKind.NumericLiteral]: () => numberOf(this.scanner.getTokenValue()),
    }[this.token as number];
    if (read === undefined) return this.string('a value');
    const value = read();
    this.advance();
    return value;
  }

  private string(expected: string): string {
    if (this.token !== SyntaxKind.StringLiteral || this.scanner.getTokenError() !== ScanError.None)
      throw this.fault(expected);
    const value = this.scanner.getTokenValue();
    this.advance();
    return value;
  }
}

interface Field {
  readonly line: number;
  readonly name: string;
  readonly value: unknown;
}

/** The number, or its text where a double cannot hold it: an identifier of 64 bits must not lose its last digits. */
function numberOf(literal: string): number | string {
  const number = Number(literal);
  if (!Number.isFinite(number)) return literal;
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? literal : number;
}
