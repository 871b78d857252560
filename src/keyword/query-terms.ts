/** One term of a query. Terms of one group stand for the same word and share its document frequency. */
export interface QueryTerm {
  readonly term: number;
  readonly group: number;
  readonly weight: number;
  /** 0, or the term of the language that a record must be in to have this term at all: others need not be looked for. */
  readonly language: number;
  /** Whether the records with it count as records with the word. */
  readonly isCounted: boolean;
}

export interface KeywordQuery {
  /** Records with any of them are found. */
  readonly terms: readonly QueryTerm[];
  /** Words without a topic beside words that have one: they order what is found. */
  readonly frequent: readonly QueryTerm[];
}
