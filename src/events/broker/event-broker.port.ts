/** A message on its way to the broker. */
export interface BrokerMessage {
  readonly topic: string;
  /** Messages of one key keep their order; `null` for none. */
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface BrokerFacts {
  /** Differs between clusters. */
  readonly clusterId: string;
  readonly brokers: number;
  /** The requested topics that exist and have a leader. */
  readonly topics: readonly string[];
}

/** A message as a subscription receives it. */
export interface ConsumedMessage {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: Date;
}

export interface ConsumeOptions {
  readonly topic: string;
  readonly group: string;
  readonly fromBeginning: boolean;
  /** The first offset to read in a partition; `undefined` uses the group's offset. */
  readonly positionOf: (partition: number) => Promise<number | undefined>;
  /**
   * Messages of one partition, in order. Resolves to the next offset to read, which may be before the end of the batch;
   * the rest is delivered again after `retryMs`.
   */
  readonly onBatch: (
    partition: number,
    messages: readonly ConsumedMessage[],
    facts: { readonly lag: number },
  ) => Promise<{ readonly next: number; readonly retryMs?: number }>;
  /** Called when it ended on its own; start another one to continue. */
  readonly onEnd: (error: Error) => void;
}

/** Names of topics and of consumer groups. */
export interface BrokerResources {
  readonly topics: readonly string[];
  readonly groups: readonly string[];
}

export interface BrokerConsumer {
  stop(): Promise<void>;
}

/**
 * A broker that speaks Kafka's protocol. Every call is bounded in time and rejects with a `ServiceFault`; `rejected`
 * blames the input, `wrong_data` means that a topic is missing. Left out on purpose: producers, partitions,
 * acknowledgement levels, and which client it is.
 */
export abstract class EventBroker {
  /** Uncached, from the broker itself. */
  abstract describe(topics: readonly string[], signal: AbortSignal): Promise<BrokerFacts>;
  /** Creates the topic unless it exists. Returns whether it was created. */
  abstract ensureTopic(name: string, partitions: number, signal: AbortSignal): Promise<boolean>;
  /**
   * Resolves when all in-sync replicas have all messages; keeps the order per topic and key. May duplicate messages.
   */
  abstract send(messages: readonly BrokerMessage[], signal: AbortSignal): Promise<void>;
  /** Objects whose names begin with `prefix`. */
  abstract named(prefix: string, signal: AbortSignal): Promise<BrokerResources>;
  /** Removes objects with their content. A missing object is not a fault; a group with members is. */
  abstract remove(resources: BrokerResources, signal: AbortSignal): Promise<void>;
  abstract consume(options: ConsumeOptions): Promise<BrokerConsumer>;
  abstract close(): Promise<void>;
}
