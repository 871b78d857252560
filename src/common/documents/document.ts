/** What a loader makes of a file: running text to be cut into chunks, or rows that are records already. */
export type LoadedFile = TextDocument | RowsDocument;

export interface TextDocument {
  readonly kind: 'text';
  readonly title: string | undefined;
  /** Markdown where the format has structure: the chunker cuts along its headings. */
  readonly text: string;
  /** Where each page starts in `text`; only for formats with pages. */
  readonly pageStarts?: readonly number[];
}

export interface RowsDocument {
  readonly kind: 'rows';
  readonly rows: readonly Row[];
  /** The rows that are not as they should be, in the order of the file. */
  readonly oddities: readonly Oddity[];
}

export interface Row {
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The line of the file at which it starts, from 1. */
  readonly line: number;
}

/** A row that is not as it should be, and what was done with it. */
export interface Oddity {
  readonly line: number;
  readonly message: string;
  /** Whether the row is left out. The others are stored, in the way that `message` describes. */
  readonly left_out: boolean;
}

/** A file whose content does not match its name. The other files are still processed. */
export class BrokenFileError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'BrokenFileError';
  }
}

/** The document of these rows. Throws when there are rows and none can be read: then the file is not what it seems. */
export function rowsDocument(format: string, rows: readonly Row[], oddities: readonly Oddity[]): RowsDocument {
  const first = oddities.find((oddity) => oddity.left_out);
  if (rows.length === 0 && first !== undefined)
    throw new BrokenFileError(`It is not ${format}: line ${first.line}: ${first.message}`);
  return { kind: 'rows', rows, oddities };
}
