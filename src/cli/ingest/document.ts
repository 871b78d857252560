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
}

export interface Row {
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A file whose content does not match its name. The other files are still processed. */
export class BrokenFileError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'BrokenFileError';
  }
}
