import type { Rates } from '../stage';
import type { Finding } from '../finding';
import type { PartResult } from './course';

/** What a generator is, told once. */
export interface GeneratorSetup {
  readonly seed: number;
  readonly collection: string;
  readonly dimension: number;
  readonly deadlineMs: number;
  /** The mix: how the operations share the requests. */
  readonly rates: Rates;
  readonly url: string;
  /** Requests are spread over them. */
  readonly keys: readonly string[];
  /** Begins request ids. Times of results are counted from here, in milliseconds since the epoch. */
  readonly epochMs: number;
  /** Uploads, slow uploads and wrong keys as well. */
  readonly isFlood: boolean;
  /** `url` is that of a decoy: nothing is there to be prepared. */
  readonly isDecoyed?: boolean;
}

export type Order =
  | { readonly kind: 'set up'; readonly setup: GeneratorSetup }
  | { readonly kind: 'open'; readonly name: string; readonly perSecond: number; readonly lengthMs: number }
  | { readonly kind: 'closed'; readonly name: string; readonly clients: number; readonly lengthMs: number }
  | { readonly kind: 'check' };

export type Report =
  | { readonly kind: 'done' }
  | { readonly kind: 'part'; readonly result: PartResult }
  | { readonly kind: 'checked'; readonly findings: readonly Finding[] }
  | { readonly kind: 'failed'; readonly message: string };
