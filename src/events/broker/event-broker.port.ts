/** A message on its way to the broker. */
export interface BrokerMessage {
  readonly topic: string;
  /** Messages of one key keep their order; `null` for none. */
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface BrokerFacts {
  /** Another cluster has another one. */
  readonly clusterId: string;
  readonly brokers: number;
  /** Those of the topics asked for that are there and have a leader. */
  readonly topics: readonly string[];
}

/** A message as a subscription gets it. */
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
  /** The first offset that is wanted of a partition; `undefined` leaves it to the group. */
  readonly positionOf: (partition: number) => Promise<number | undefined>;
  /**
   * Messages of one partition, in order. Resolves to the next offset that is wanted, which may lie before the end of the
   * batch; the rest is given again after `retryMs`.
   */
  readonly onBatch: (
    partition: number,
    messages: readonly ConsumedMessage[],
    facts: { readonly lag: number },
  ) => Promise<{ readonly next: number; readonly retryMs?: number }>;
  /** It ended by itself; whoever wants more starts another. */
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
 * blames what was given, `wrong_data` says that a topic is not there. Left out on purpose: producers, partitions,
 * acknowledgement levels, and which client it is.
 */
export abstract class EventBroker {
  /** Fresh, from the broker itself. */
  abstract describe(topics: readonly string[], signal: AbortSignal): Promise<BrokerFacts>;
  /** Makes the topic, or finds it. Returns whether it was made. */
  abstract ensureTopic(name: string, partitions: number, signal: AbortSignal): Promise<boolean>;
  /** Resolves when all replicas that are in sync have all of them; per topic and key in the order given. May repeat. */
  abstract send(messages: readonly BrokerMessage[], signal: AbortSignal): Promise<void>;
  /** What has a name that begins with `prefix`. */
  abstract named(prefix: string, signal: AbortSignal): Promise<BrokerResources>;
  /** Removes them with all that they hold; what is not there is no fault. A group that has members is. */
  abstract remove(resources: BrokerResources, signal: AbortSignal): Promise<void>;
  abstract consume(options: ConsumeOptions): Promise<BrokerConsumer>;
  abstract close(): Promise<void>;
}
