import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { BrokerConsumer, ConsumedMessage, ConsumeOptions } from '../../broker/event-broker.port';
import { toServiceFault } from './errors';

const MAX_WAIT_MS = 1_000;
const SESSION_MS = 30_000;

/** One member of a consumer group. We store the offsets; the group's are only written for tools that show them. */
export class KafkaConsumer implements BrokerConsumer {
  private isStopped = false;
  private readonly seeked = new Set<number>();

  private constructor(
    private readonly consumer: Consumer,
    private readonly options: ConsumeOptions,
  ) {}

  static async start(kafka: Kafka, options: ConsumeOptions): Promise<KafkaConsumer> {
    const consumer = kafka.consumer({
      groupId: options.group,
      allowAutoTopicCreation: false,
      sessionTimeout: SESSION_MS,
      maxWaitTimeInMs: MAX_WAIT_MS,
      retry: { retries: 3, restartOnFailure: async () => false },
    });
    const started = new KafkaConsumer(consumer, options);
    try {
      await started.run();
      return started;
    } catch (error) {
      void consumer.disconnect().catch(() => undefined);
      throw toServiceFault(error);
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.consumer.disconnect().catch(() => undefined);
  }

  private async run(): Promise<void> {
    const { topic, fromBeginning } = this.options;
    this.consumer.on(this.consumer.events.CRASH, ({ payload }) => this.ended(payload.error));
    // Another member may have advanced our partitions meanwhile: look up the start again.
    this.consumer.on(this.consumer.events.GROUP_JOIN, () => this.seeked.clear());
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [topic], fromBeginning });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => this.onBatch(payload),
    });
  }

  private async onBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { partition } = batch;
    const known = await this.options.positionOf(partition);
    // A topic that ends before our position was emptied or recreated: everything in it is new.
    const wanted = known !== undefined && known > Number(batch.highWatermark) ? undefined : known;
    const first = Number(batch.firstOffset() ?? 0);
    if (wanted !== undefined && wanted < first && !this.seeked.has(partition)) {
      // The group's offset is ahead of ours: the messages in between are not processed.
      this.seeked.add(partition);
      this.consumer.seek({ topic: batch.topic, partition, offset: String(wanted) });
      return;
    }
    const messages = batch.messages.filter(({ offset }) => wanted === undefined || Number(offset) >= wanted);
    if (!payload.isRunning() || payload.isStale() || this.isStopped) return;
    const lag = Math.max(0, Number(batch.highWatermark) - Number(batch.lastOffset()) - 1);
    const keepAlive = setInterval(() => void payload.heartbeat().catch(() => undefined), SESSION_MS / 10);
    try {
      const { next, retryMs } = await this.options.onBatch(
        partition,
        messages.map((each) => toMessage(partition, each)),
        { lag },
      );
      if (next > first) payload.resolveOffset(String(next - 1));
      if (next <= Number(batch.lastOffset())) this.again(batch.topic, partition, next, retryMs ?? 0);
      await payload.commitOffsetsIfNecessary({
        topics: [{ topic: batch.topic, partitions: [{ partition, offset: String(next) }] }],
      });
    } finally {
      clearInterval(keepAlive);
    }
  }

  /** Retries from `next`, later; other partitions continue. */
  private again(topic: string, partition: number, next: number, ms: number): void {
    this.consumer.seek({ topic, partition, offset: String(next) });
    if (ms === 0) return;
    this.consumer.pause([{ topic, partitions: [partition] }]);
    setTimeout(() => !this.isStopped && this.consumer.resume([{ topic, partitions: [partition] }]), ms).unref();
  }

  private ended(error: Error): void {
    if (this.isStopped) return;
    this.isStopped = true;
    void this.consumer.disconnect().catch(() => undefined);
    this.options.onEnd(toServiceFault(error));
  }
}

const toMessage = (partition: number, message: KafkaMessage): ConsumedMessage => ({
  partition,
  offset: Number(message.offset),
  key: message.key?.toString() ?? null,
  value: message.value,
  headers: Object.fromEntries(
    Object.entries(message.headers ?? {}).flatMap(([name, value]) => {
      const single = Array.isArray(value) ? value[0] : value;
      return single === undefined ? [] : [[name, single.toString()]];
    }),
  ),
  timestamp: new Date(Number(message.timestamp)),
});
