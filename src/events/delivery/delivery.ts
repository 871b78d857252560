import type { StoredEvent } from '../event';
import type { Consumer, ConsumerKind } from './consumer';
import type { PageLimits } from './lanes.repository';

/**
 * Why a delivery stopped. `unavailable`: the receiver is unreachable, which says nothing about the event. `failed`: it
 * refused the event but may accept it later; after too many attempts the event is a dead letter. `poison`: it will
 * never accept it.
 */
export interface DeliveryFault {
  readonly kind: 'unavailable' | 'failed' | 'poison';
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

export interface DeliveryOutcome {
  /** How many of the events, from the first, were accepted. */
  readonly delivered: number;
  /** The fault of the event after them. */
  readonly fault?: DeliveryFault | undefined;
}

/** Delivers events to one kind of consumer. */
export interface Delivery {
  readonly kind: ConsumerKind;
  /** Of one round, and of one call of `deliver`. */
  readonly page: PageLimits;
  readonly batch: PageLimits;
  /** Lanes that are served at the same time. */
  readonly concurrency: number;
  /** Whether a delivery can succeed now. */
  isReady(): boolean;
  /** The topics it reads now; `null` for all. */
  topicIds(consumer: Consumer): Promise<readonly number[] | null>;
  /** Failures of one event until it is a dead letter. */
  maxAttempts(consumer: Consumer): number;
  /** Passes events of one lane to the receiver, in order. Bounded in time; never rejects. */
  deliver(consumer: Consumer, events: readonly StoredEvent[]): Promise<DeliveryOutcome>;
}
