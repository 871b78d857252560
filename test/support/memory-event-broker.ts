import { ServiceFault, type ServiceFaultKind } from '../../src/common/service-fault';
import {
  EventBroker,
  type BrokerConsumer,
  type BrokerFacts,
  type BrokerMessage,
  type BrokerResources,
  type ConsumedMessage,
  type ConsumeOptions,
} from '../../src/events/broker/event-broker.port';

/** A broker in this process, with the faults of real ones. */
export class MemoryEventBroker extends EventBroker {
  readonly topics = new Map<string, BrokerMessage[]>();
  readonly groups = new Set<string>();
  clusterId = 'memory';
  /** Gives the fault of the next call, if any. `lateReply`: it is done all the same. */
  fault: (messages: readonly BrokerMessage[]) => { kind: ServiceFaultKind; lateReply?: boolean } | undefined = () =>
    undefined;

  wipe(): void {
    this.topics.clear();
  }

  async describe(topics: readonly string[]): Promise<BrokerFacts> {
    this.mayFail([]);
    return { clusterId: this.clusterId, brokers: 1, topics: topics.filter((topic) => this.topics.has(topic)) };
  }

  async ensureTopic(name: string): Promise<boolean> {
    this.mayFail([]);
    if (this.topics.has(name)) return false;
    this.topics.set(name, []);
    return true;
  }

  async send(messages: readonly BrokerMessage[]): Promise<void> {
    const fault = this.fault(messages);
    if (fault && !fault.lateReply) throw new ServiceFault('broker', fault.kind, `fault: ${fault.kind}`);
    for (const message of messages) {
      const log = this.topics.get(message.topic);
      if (!log) throw new ServiceFault('broker', 'wrong_data', 'no such topic');
      log.push(message);
    }
    if (fault) throw new ServiceFault('broker', fault.kind, 'the reply was lost', { outcomeUnknown: true });
  }

  async consume(options: ConsumeOptions): Promise<BrokerConsumer> {
    let isStopped = false;
    this.groups.add(options.group);
    const run = async (): Promise<void> => {
      let next = (await options.positionOf(0)) ?? 0;
      while (!isStopped) {
        const fresh = (this.topics.get(options.topic) ?? [])
          .slice(next)
          .map((each, index) => consumed(each, next + index));
        const answer = fresh.length === 0 ? { next } : await options.onBatch(0, fresh, { lag: 0 });
        next = answer.next;
        await new Promise((resolve) => setTimeout(resolve, answer.retryMs ?? 5));
      }
    };
    void run();
    return { stop: async () => void (isStopped = true) };
  }

  async named(prefix: string): Promise<BrokerResources> {
    this.mayFail([]);
    const isNamed = (name: string): boolean => name.startsWith(prefix);
    return { topics: [...this.topics.keys()].filter(isNamed), groups: [...this.groups].filter(isNamed) };
  }

  async remove({ topics, groups }: BrokerResources): Promise<void> {
    this.mayFail([]);
    for (const name of topics) this.topics.delete(name);
    for (const name of groups) this.groups.delete(name);
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  private mayFail(messages: readonly BrokerMessage[]): void {
    const fault = this.fault(messages);
    if (fault) throw new ServiceFault('broker', fault.kind, `fault: ${fault.kind}`);
  }
}

const consumed = ({ key, value, headers }: BrokerMessage, offset: number): ConsumedMessage => ({
  partition: 0,
  offset,
  key,
  value,
  headers,
  timestamp: new Date(),
});
