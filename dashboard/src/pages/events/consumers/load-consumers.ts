import { api } from '../../../api/client';
import type { Consumer } from '../types';

/** How many of each kind are asked how far they are. */
export const MAX_ASKED = 50;

/** Everybody who takes a topic's events. */
export const consumersOf = async (topic: string, signal: AbortSignal): Promise<readonly Consumer[]> => {
  const [groups, webhooks] = await Promise.all([groupsOf(topic, signal), webhooksOf(topic, signal)]);
  return [...groups, ...webhooks];
};

const groupsOf = async (topic: string, signal: AbortSignal): Promise<readonly Consumer[]> => {
  const { data } = await api.get('/v1/topics/{topic}/groups', { path: { topic }, signal });
  return Promise.all(
    data.slice(0, MAX_ASKED).map(async ({ name }) => {
      const options = { path: { topic, group: name }, signal };
      const { position, behind } = await api.get('/v1/topics/{topic}/groups/{group}', options);
      return { kind: 'group', name, state: 'active', position, behind, error: null } as const;
    }),
  );
};

const webhooksOf = async (topic: string, signal: AbortSignal): Promise<readonly Consumer[]> => {
  const { data } = await api.get('/v1/webhooks', { signal, query: { limit: 1000 } });
  const taking = data.filter(({ topics }) => topics.includes('*') || topics.includes(topic));
  return Promise.all(
    taking.slice(0, MAX_ASKED).map(async ({ name }) => {
      const standing = await api.get('/v1/webhooks/{name}', { path: { name }, signal });
      const { position, behind, last_error } = standing;
      return { kind: 'webhook', name, ...stateOf(standing), position, behind, error: last_error } as const;
    }),
  );
};

/** What reads topics of a broker into this project. */
export const subscriptionsOf = async (signal: AbortSignal): Promise<readonly Consumer[]> => {
  const { data } = await api.get('/v1/subscriptions', { signal, query: { limit: MAX_ASKED } });
  return Promise.all(
    data.map(async ({ name }) => {
      const standing = await api.get('/v1/subscriptions/{name}', { path: { name }, signal });
      const error = standing.paused_reason;
      return { kind: 'subscription', name, ...stateOf(standing), position: null, behind: standing.lag, error } as const;
    }),
  );
};

const stateOf = ({ paused }: { readonly paused: boolean }): { readonly state: string } => ({
  state: paused ? 'paused' : 'active',
});
