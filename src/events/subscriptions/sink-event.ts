import { createHash } from 'node:crypto';
import { isNestedTooDeep } from '../../common/nesting';
import type { ConsumedMessage } from '../broker/event-broker.port';
import type { SinkEvent } from './event-sinks';

/** A broker's message as a sink sees it: a CloudEvent in binary or structured mode, or any other message. */
export function toSinkEvent(topic: string, message: ConsumedMessage): SinkEvent {
  const { headers, key, value, partition, offset } = message;
  const place = `${topic}/${partition}/${offset}`;
  const isTombstone = value === null;
  const data = isTombstone ? null : dataOf(value);
  const attributes = isStructured(headers) && isEvent(data) ? data : attributesOf(headers, data);
  const id = typeof attributes.id === 'string' && attributes.id !== '' ? attributes.id : place;
  return {
    id,
    isTombstone,
    document: { ...attributes, id, key, headers, partition, offset, timestamp: message.timestamp.toISOString() },
  };
}

/**
 * What identifies an event to a subscription: its source and its id, as CloudEvents have it. A digest, because a broker's
 * messages may have them of any length.
 */
export const identityOf = ({ id, document }: Pick<SinkEvent, 'id' | 'document'>): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([typeof document.source === 'string' ? document.source : null, id]))
    .digest();

const isStructured = (headers: Readonly<Record<string, string>>): boolean =>
  (headers['content-type'] ?? '').startsWith('application/cloudevents');

const isEvent = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

const attributesOf = (headers: Readonly<Record<string, string>>, data: unknown): Record<string, unknown> => {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('ce_'));
  return { ...Object.fromEntries(own.map(([name, value]) => [name.slice(3), value])), data };
};

const dataOf = (value: Buffer): unknown => {
  const text = value.toString('utf8');
  // JSON that is nested too deep is treated as text.
  if (isNestedTooDeep(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};
