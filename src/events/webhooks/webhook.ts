import type { Consumer } from '../delivery/consumer';

export interface PreviousSecret {
  readonly secret: string;
  readonly until: number;
}

export interface WebhookSettings {
  readonly url: string;
  /** Names of topics; `*` for all. */
  readonly topics: readonly string[];
  readonly types: readonly string[] | null;
  /** The filter as sent; applies to the CloudEvent. */
  readonly filter: unknown;
  /** The signing secret; never returned again. */
  readonly secret: string;
  /** Earlier secrets, the last first, each valid until a time in milliseconds since 1970. Absent in older rows. */
  readonly previous_secrets?: readonly PreviousSecret[] | undefined;
  readonly max_attempts: number;
  readonly timeout_ms: number;
  /** Failures in a row after which it is paused. */
  readonly pause_after: number;
}

/** Earlier secrets that still sign. */
export const stillValid = ({ previous_secrets: previous = [] }: WebhookSettings, now = Date.now()): PreviousSecret[] =>
  previous.filter(({ until }) => until > now);

/** The secrets that sign now, the current one first. */
export const secretsOf = (settings: WebhookSettings): string[] => [
  settings.secret,
  ...stillValid(settings).map(({ secret }) => secret),
];

export type Webhook = Consumer<WebhookSettings>;
