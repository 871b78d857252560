export type { CountedTopic, DeadLetter, StoredEvent as ZeroEvent, Topic } from '../../api/types';

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
