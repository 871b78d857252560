import type { ServiceGate } from '../registry/service';

type Broker = Pick<ServiceGate, 'admits'> | undefined;

/**
 * Whether events are delivered to the broker now. Until then the log keeps them: publishers never wait for the broker.
 */
export const isDelivered = (broker: Broker): boolean => broker?.admits('write') === true;

/** Whether subscriptions read from the broker now. Subscriptions on the log never depend on it. */
export const isRead = (broker: Broker): boolean => broker?.admits('read') === true;
