import { brokerTopicOf, type StoredEvent, type Topic } from '../event';
import type { BrokerMessage } from './event-broker.port';

const NOT_HEADERS = ['data', 'data_base64', 'datacontenttype', 'key', 'topic'];

/** An event in the binary mode of the CloudEvents Kafka binding: attributes are headers, the data is the value. */
export function toBrokerMessage(event: StoredEvent, topic: Topic, project: string, prefix: string): BrokerMessage {
  const attributes = JSON.parse(event.body) as Record<string, unknown>;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (!NOT_HEADERS.includes(name)) headers[`ce_${name}`] = String(value);
  }
  headers.zerodb_project = project;
  headers.zerodb_topic = topic.name;
  headers.zerodb_offset = String(event.position);
  if (typeof attributes.datacontenttype === 'string') headers['content-type'] = attributes.datacontenttype;
  if (typeof attributes.traceparent === 'string') headers.traceparent = attributes.traceparent;
  return { topic: brokerTopicOf(topic, prefix), key: event.key, value: valueOf(attributes), headers };
}

const valueOf = ({ data, data_base64, datacontenttype }: Record<string, unknown>): Buffer => {
  if (typeof data_base64 === 'string') return Buffer.from(data_base64, 'base64');
  if (data === undefined) return Buffer.alloc(0);
  const isJson = typeof datacontenttype !== 'string' || datacontenttype.includes('json');
  return Buffer.from(typeof data === 'string' && !isJson ? data : JSON.stringify(data));
};
