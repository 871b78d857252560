import type { Consumer } from '../delivery/consumer';

export interface WebhookSettings {
  readonly url: string;
  /** Names of topics; `*` for all. */
  readonly topics: readonly string[];
  readonly types: readonly string[] | null;
  /** The filter as sent; applies to the CloudEvent. */
  readonly filter: unknown;
  /** The signing secret; never returned again. */
  readonly secret: string;
  readonly max_attempts: number;
  readonly timeout_ms: number;
  /** Failures in a row after which it is paused. */
  readonly pause_after: number;
}

export type Webhook = Consumer<WebhookSettings>;
