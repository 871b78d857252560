import { api } from '../../../api/client';
import { path } from '../../../api/path';
import type { Page } from '../../../api/types';
import type { Consumer } from '../types';

/** How many of each kind are asked how far they are. */
export const MAX_ASKED = 50;

interface Webhook {
  readonly name: string;
  readonly topics: readonly string[];
}

interface Standing {
  readonly paused: boolean;
  readonly paused_reason: string | null;
}

interface WebhookStanding extends Standing {
  readonly position: number;
  readonly behind: number;
  readonly last_error: string | null;
}

/** Everybody who takes a topic's events. */
export const consumersOf = async (topic: string, signal: AbortSignal): Promise<readonly Consumer[]> => {
  const [groups, webhooks] = await Promise.all([groupsOf(topic, signal), webhooksOf(topic, signal)]);
  return [...groups, ...webhooks];
};

const groupsOf = async (topic: string, signal: AbortSignal): Promise<readonly Consumer[]> => {
  const base = path`/v1/topics/${topic}/groups`;
  const { data } = await api.get<{ readonly data: readonly { readonly name: string }[] }>(base, { signal });
  return Promise.all(
    data.slice(0, MAX_ASKED).map(async ({ name }) => {
      const one = `${base}/${path`${name}`}`;
      const { position, behind } = await api.get<{ position: number; behind: number }>(one, { signal });
      return { kind: 'group', name, state: 'active', position, behind, error: null } as const;
    }),
  );
};

const webhooksOf = async (topic: string, signal: AbortSignal): Promise<readonly Consumer[]> => {
  const { data } = await api.get<Page<Webhook>>('/v1/webhooks', { signal, query: { limit: 1000 } });
  const taking = data.filter(({ topics }) => topics.includes('*') || topics.includes(topic));
  return Promise.all(
    taking.slice(0, MAX_ASKED).map(async ({ name }) => {
      const standing = await api.get<WebhookStanding>(path`/v1/webhooks/${name}`, { signal });
      const { position, behind, last_error } = standing;
      return { kind: 'webhook', name, ...stateOf(standing), position, behind, error: last_error } as const;
    }),
  );
};

interface SubscriptionStanding extends Standing {
  readonly name: string;
  readonly lag: number | null;
}

/** What reads topics of a broker into this project. */
export const subscriptionsOf = async (signal: AbortSignal): Promise<readonly Consumer[]> => {
  const { data } = await api.get<Page<Standing & { readonly name: string }>>('/v1/subscriptions', {
    signal,
    query: { limit: MAX_ASKED },
  });
  return Promise.all(
    data.map(async ({ name }) => {
      const standing = await api.get<SubscriptionStanding>(path`/v1/subscriptions/${name}`, { signal });
      const error = standing.paused_reason;
      return { kind: 'subscription', name, ...stateOf(standing), position: null, behind: standing.lag, error } as const;
    }),
  );
};

const stateOf = ({ paused }: Standing): { readonly state: string } => ({ state: paused ? 'paused' : 'active' });
