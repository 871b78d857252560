import type { StoredEvent } from '../event';
import type { Consumer, ConsumerKind } from './consumer';
import type { PageLimits } from './lanes.repository';

/**
 * Why a delivery did not go on. `unavailable`: the receiver is not there, which says nothing about the event. `failed`:
 * it refused, and may take it later; so many times, then it is a dead letter. `poison`: it will never take it.
 */
export interface DeliveryFault {
  readonly kind: 'unavailable' | 'failed' | 'poison';
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

export interface DeliveryOutcome {
  /** How many of the events, from the first, were taken. */
  readonly delivered: number;
  /** Of the event after them. */
  readonly fault?: DeliveryFault | undefined;
}

/** How one kind of consumer gets its events. */
export interface Delivery {
  readonly kind: ConsumerKind;
  /** Of one round, and of one call of `deliver`. */
  readonly page: PageLimits;
  readonly batch: PageLimits;
  /** Lanes that are served at the same time. */
  readonly concurrency: number;
  /** Whether there is any sense in trying now. */
  isReady(): boolean;
  /** The topics it reads now; `null` for all. */
  topicIds(consumer: Consumer): Promise<readonly number[] | null>;
  /** Failures of one event until it is a dead letter. */
  maxAttempts(consumer: Consumer): number;
  /** Passes events of one lane to the receiver, in order. Bounded in time; never rejects. */
  deliver(consumer: Consumer, events: readonly StoredEvent[]): Promise<DeliveryOutcome>;
}
