import type { Scope } from '../../common/scope';

export interface SubscriptionSettings {
  readonly source: {
    /** The broker's topic. */
    readonly topic: string;
    /** Its consumer group there. */
    readonly group: string;
    readonly start: 'earliest' | 'latest';
  };
  readonly sink: Readonly<Record<string, unknown>> & { readonly kind: string };
  /** Failures of one event until it is a dead letter. */
  readonly max_attempts: number;
}

/** A reader of a broker's topic. */
export interface Subscription {
  readonly id: number;
  readonly scope: Scope;
  readonly name: string;
  readonly settings: SubscriptionSettings;
  readonly pausedAt: Date | null;
  readonly pausedReason: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
