import type { Operation } from '../../api/types';

/** What the API says of memories; see `src/memory/dto`. */
export interface Memory {
  readonly id: string;
  readonly kind: string;
  readonly content: string;
  readonly user_id?: string;
  readonly agent_id?: string;
  readonly session_id?: string;
  readonly role?: string;
  readonly name?: string;
  readonly source?: string;
  readonly subject?: string;
  readonly attribute?: string;
  readonly confidence: number;
  readonly importance: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly valid_from: string;
  readonly valid_to: string | null;
  readonly recorded_at: string;
  readonly superseded_at: string | null;
  readonly superseded_by: string | null;
  readonly expires_at: string | null;
  readonly version: number;
  readonly embedded: boolean;
}

export const KINDS = ['fact', 'preference', 'event', 'instruction', 'message'] as const;

export interface Version {
  readonly change: string;
  readonly version: number;
  readonly recorded_from: string;
  readonly recorded_to: string | null;
  readonly content: string | null;
  readonly valid_from: string;
  readonly valid_to: string | null;
  readonly superseded_by: string | null;
}

export interface History {
  readonly id: string;
  readonly deleted_at: string | null;
  readonly versions: readonly Version[];
  readonly timeline: readonly {
    readonly id: string;
    readonly content: string | null;
    readonly valid_from: string;
    readonly valid_to: string | null;
    readonly superseded_by: string | null;
  }[];
}

export interface Part {
  readonly rank: number;
  readonly score: number;
}

export const RANKINGS = ['vector', 'keyword', 'claim', 'graph', 'neighbours'] as const;

export type Explanation = { readonly [name in (typeof RANKINGS)[number]]?: Part } & {
  readonly relevance: number;
  readonly recency: { readonly age_days: number; readonly decay: number; readonly factor: number };
  readonly importance: { readonly value: number; readonly factor: number };
  readonly formula: string;
};

export interface Found extends Memory {
  readonly score: number;
  readonly explain?: Explanation;
}

export interface SearchAnswer {
  readonly results: readonly Found[];
  readonly served_by: string;
  readonly degraded: boolean;
  readonly degraded_reasons: readonly string[];
  readonly took_ms: number;
}

export interface Outcome {
  readonly id: string | null;
  readonly status: 'added' | 'duplicate' | 'superseding' | 'ignored';
  readonly reason?: string;
  readonly supersedes?: readonly string[];
  readonly content: string;
  readonly facts?: readonly Outcome[];
}

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

export interface Erasure extends Operation {
  readonly progress: { readonly receipt?: Receipt };
  readonly result?: Receipt;
}
