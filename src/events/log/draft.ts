import { newId } from '../../common/ids';
import type { Scope } from '../../common/scope';
import type { EventDraft, Topic } from '../event';

/** A publisher's event; only the type is required. */
export interface EventInput {
  readonly id?: string | undefined;
  readonly type: string;
  readonly key?: string | undefined;
  readonly subject?: string | undefined;
  readonly source?: string | undefined;
  /** RFC 3339. */
  readonly time?: string | undefined;
  readonly datacontenttype?: string | undefined;
  readonly dataschema?: string | undefined;
  readonly data?: unknown;
  /** Bytes instead of JSON. */
  readonly data_base64?: string | undefined;
  /** Further attributes of the CloudEvent. */
  readonly extensions?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** The source of events that name none. */
export const sourceOf = ({ projectName }: Scope, topic: string): string => `/projects/${projectName}/topics/${topic}`;

/** The event as a CloudEvent, ready to be stored. Builds the body once, for all later readers. */
export function draftOf(scope: Scope, topic: Topic, input: EventInput): EventDraft {
  const id = input.id ?? newId();
  const source = input.source ?? sourceOf(scope, topic.name);
  const { type, key, subject, dataschema, data_base64 } = input;
  const hasData = input.data !== undefined;
  const body = JSON.stringify({
    specversion: '1.0',
    id,
    source,
    type,
    subject,
    time: input.time ?? new Date().toISOString(),
    topic: topic.name,
    key,
    datacontenttype: input.datacontenttype ?? (hasData ? 'application/json' : undefined),
    dataschema,
    ...input.extensions,
    data: input.data,
    data_base64,
  });
  return {
    topicId: topic.id,
    id,
    source,
    isGiven: input.id !== undefined,
    type,
    key: orderOf(topic, input, source),
    body,
  };
}

const orderOf = (topic: Topic, { key, subject, type }: EventInput, source: string): string | null => {
  switch (topic.settings.order_by) {
    case 'key':
      return key ?? null;
    case 'subject':
      return subject ?? key ?? null;
    case 'source':
      return source;
    case 'type':
      return type;
    case 'none':
      return null;
  }
};
