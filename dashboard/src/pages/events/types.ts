/** What the API says of topics, events and who takes them; see `src/events`. */
export interface Topic {
  readonly name: string;
  readonly changes: readonly string[];
  readonly retention_seconds: number | null;
  readonly order_by: string;
  readonly broker: { readonly enabled: boolean; readonly topic: string; readonly partitions: number };
  readonly created_at: string;
}

export interface CountedTopic extends Topic {
  readonly events: number;
  readonly first_offset: number | null;
  readonly last_offset: number | null;
}

/** A CloudEvent with its offset. */
export interface ZeroEvent {
  readonly offset: number;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly subject?: string;
  readonly key?: string;
  readonly data?: unknown;
}

export interface DeadLetter {
  readonly id: string;
  readonly consumer: string;
  readonly state: 'dead' | 'waiting' | 'replay';
  readonly offset: number;
  readonly event_id: string;
  readonly key: string | null;
  readonly error: string;
  readonly event: unknown;
  readonly created_at: string;
}

/** Whoever takes events: how far they are, and how far behind. */
export interface Consumer {
  readonly kind: 'group' | 'webhook' | 'subscription';
  readonly name: string;
  readonly state: string;
  /** The offset up to which everything is done; `null` where there is none. */
  readonly position: number | null;
  /** Events that are still to be taken; `null` when nobody knows. */
  readonly behind: number | null;
  readonly error: string | null;
}
