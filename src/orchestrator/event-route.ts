import type { ServiceGate } from '../registry/service';

type Broker = Pick<ServiceGate, 'admits'> | undefined;

/** Whether the broker gets now what the log holds. Until it does, the log keeps it: nobody who publishes waits for it. */
export const isDelivered = (broker: Broker): boolean => broker?.admits('write') === true;

/** Whether subscriptions read from the broker now. Those of the log never depend on it. */
export const isRead = (broker: Broker): boolean => broker?.admits('read') === true;
