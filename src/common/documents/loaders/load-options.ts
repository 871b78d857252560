/** What the user says of files that do not say it themselves. */
export interface LoadOptions {
  /** The character set of files that are not Unicode and declare none, such as `windows-1252`. */
  readonly encoding?: string | undefined;
  /** Tried in order on a PDF that needs a password. */
  readonly pdfPasswords?: readonly string[] | undefined;
}
