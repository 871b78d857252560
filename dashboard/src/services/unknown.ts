import type { Service } from './service';

/** What is known of an attached service when nobody tells: that it was something else until the last answer. */
export const unknown = (service: Service, answeredAt: number): Service =>
  service.state === 'disabled'
    ? service
    : {
        ...service,
        state: 'unknown',
        since: new Date(answeredAt).toISOString(),
        reason: 'the server does not answer',
        last_probe: null,
      };
