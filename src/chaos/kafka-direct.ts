import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import type { Stage } from './stage';

export interface BrokerMessage {
  readonly partition: number;
  /** The CloudEvents id it was published under. */
  readonly id: string;
  readonly key: string;
  readonly value: string;
}

const READ_MS = 30_000;
const WAIT_MS = 500;
const TOPIC = 2;

/** Every message of a topic, of each partition in its order. Asked of the broker itself, past any proxy. */
export const readTopic = async (stage: Stage, topic: string): Promise<BrokerMessage[]> => {
  const kafka = directly(stage);
  const ends = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
  const open = new Map(ends.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, +high]));
  const messages: BrokerMessage[] = [];
  if (open.size === 0) return messages;
  const consumer = kafka.consumer({ groupId: `zerodb-chaos-${randomUUID()}`, maxWaitTimeInMs: WAIT_MS });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ partition, message: { key, value, headers, offset } }) => {
        const id = String(headers?.['ce_id']);
        messages.push({ partition, id, key: key?.toString() ?? '', value: value?.toString() ?? '' });
        if (Number(offset) + 1 >= (open.get(partition) ?? 0)) open.delete(partition);
        return Promise.resolve();
      },
    });
    for (const until = performance.now() + READ_MS; open.size > 0 && performance.now() < until;) await sleep(50);
  } finally {
    await consumer.disconnect();
  }
  if (open.size > 0) throw new Error(`The broker did not give all of "${topic}" within ${READ_MS} ms.`);
  return messages;
};

/** Whether the broker has the topic. */
export const hasTopic = async (stage: Stage, topic: string): Promise<boolean> =>
  withAdmin(directly(stage), async (admin) => (await admin.listTopics()).includes(topic));

export const deleteTopic = async (stage: Stage, topic: string): Promise<void> =>
  withAdmin(directly(stage), (admin) => admin.deleteTopics({ topics: [topic] }));

/** From now on the topic takes no larger batches. */
export const limitBatches = async (stage: Stage, topic: string, bytes: number): Promise<void> => {
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  const resources = [{ type: TOPIC, name: topic, configEntries }];
  await withAdmin(directly(stage), (admin) => admin.alterConfigs({ validateOnly: false, resources }));
};

/** Removes what this cell had in the broker. */
export const dropTopics = async (stage: Stage): Promise<void> =>
  withAdmin(directly(stage), async (admin) => {
    const topics = (await admin.listTopics()).filter((name) => name.startsWith(stage.copyPrefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });

const withAdmin = async <T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

const directly = ({ services }: Stage): Kafka => {
  if (!services.broker) throw new Error('There is no broker.');
  // Loaded on first use: most cells have nothing to ask of it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Kafka: Client, logLevel } = require('kafkajs') as typeof import('kafkajs');
  return new Client({
    brokers: services.broker.brokers.split(','),
    clientId: 'zerodb-chaos',
    logLevel: logLevel.NOTHING,
  });
};
