/** A request to the thread: to cut a file, then for its next chunks, until there are none. */
export type CutRequest =
  | {
      readonly kind: 'file';
      readonly bytes: Uint8Array;
      readonly filename: string;
      readonly chunkTokens: number;
      readonly overlapTokens: number;
      /** Chunks that are passed over: they are stored already. */
      readonly from: number;
    }
  | { readonly kind: 'next' };

/** What it answers, to each request once. */
export type CutAnswer =
  | { readonly texts: readonly string[]; readonly isLast: boolean }
  | { readonly refusal: Refusal }
  | { readonly defect: string };

/** Why no chunks can be made of a file, as OpenAI's `last_error` has it. */
export interface Refusal {
  readonly code: 'unsupported_file' | 'invalid_file';
  readonly message: string;
}
