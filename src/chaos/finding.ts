/** What was found wrong once everything had come to rest. */
export interface Finding {
  readonly check: string;
  readonly detail: string;
}
