/** Events of one key are always in one lane, and stay in order there; lanes are processed independently. */
export const LANES = 16;

/** The ordering key of a topic's events: events with an equal value keep their order everywhere. */
export const ORDERINGS = ['key', 'subject', 'source', 'type', 'none'] as const;
export type Ordering = (typeof ORDERINGS)[number];

export interface BrokerMapping {
  /** Whether the broker follows this topic. */
  readonly enabled: boolean;
  /** The broker's topic; the topic's own when absent. */
  readonly topic?: string | undefined;
  /** Settings for creating the broker's topic. */
  readonly partitions: number;
}

export interface TopicSettings {
  /** Types of changes that become events here: `zerodb.record.*`. */
  readonly changes: readonly string[];
  /** `null`: as long as the installation keeps events. */
  readonly retention_seconds: number | null;
  readonly order_by: Ordering;
  readonly broker: BrokerMapping;
}

export interface Topic {
  readonly id: number;
  readonly projectId: number;
  readonly name: string;
  readonly settings: TopicSettings;
  /** Its name on the broker, assigned once. */
  readonly brokerName: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** An event that is ready to be stored. */
export interface EventDraft {
  readonly topicId: number;
  readonly id: string;
  /** With the id it identifies the event. */
  readonly source: string;
  /** Whether the id came from the publisher, so that it may be a repeat. */
  readonly isGiven: boolean;
  readonly type: string;
  /** By which it is ordered; `null` for none. */
  readonly key: string | null;
  /** The CloudEvent as JSON, without its offset. */
  readonly body: string;
}

export interface StoredEvent {
  /** The project-wide offset. */
  readonly position: number;
  readonly topicId: number;
  readonly id: string;
  readonly lane: number;
  readonly key: string | null;
  readonly type: string;
  readonly body: string;
}

/** Where an event was stored. */
export interface Receipt {
  readonly id: string;
  readonly offset: number;
}

/** The lane of an ordering key (FNV-1a); without one, events spread by their id. */
export const laneOf = (key: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  // The low bits alone mix badly in short keys.
  return ((hash ^ (hash >>> 16)) >>> 0) % LANES;
};

/** An event as returned: the CloudEvent with its offset. Spliced as text, because this runs many times per event. */
export const withOffset = ({ position, body }: Pick<StoredEvent, 'position' | 'body'>): string =>
  `{"offset":${position},${body.slice(1)}`;

/** The broker's topic that follows one of ours. A row of an older version has no name: it is below the prefix. */
export const brokerTopicOf = ({ name, settings, brokerName }: Topic, prefix: string): string =>
  settings.broker.topic ?? brokerName ?? `${prefix}${name}`;
