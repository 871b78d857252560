import type { Answer, MemoryHistory, MemorySearchAnswer, Operation } from '../../api/types';

export type { Memory, MemoryHistory as History, MemorySearchAnswer as SearchAnswer } from '../../api/types';

export const KINDS = ['fact', 'preference', 'event', 'instruction', 'message'] as const;
export const RANKINGS = ['vector', 'keyword', 'claim', 'graph', 'neighbours'] as const;

export type Version = MemoryHistory['versions'][number];
export type Found = MemorySearchAnswer['results'][number];
export type Explanation = NonNullable<Found['explain']>;
export type Part = NonNullable<Explanation['vector']>;
export type Outcome = Answer<'post', '/v1/memories'>['data'][number];

export interface Receipt {
  readonly user_id: string;
  readonly complete: boolean;
  readonly requested_at: string;
  readonly completed_at: string | null;
  readonly services: Readonly<
    Record<
      string,
      { readonly state: 'erased' | 'pending'; readonly detail: Readonly<Record<string, unknown>>; readonly at: string }
    >
  >;
  readonly pending: readonly string[];
}

export type Erasure = Operation;

/** The receipt of an erasure as it stands. An operation's progress and result are JSON of its own kind. */
export const receiptOf = ({ result, progress }: Erasure): Receipt | undefined =>
  (result ?? progress['receipt']) as Receipt | undefined;
