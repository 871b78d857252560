import { randomBytes } from 'node:crypto';
import { isServiceFault } from '../../src/common/service-fault';
import type { BrokerMessage, ConsumedMessage, EventBroker } from '../../src/events/broker/event-broker.port';

const soon = (): AbortSignal => AbortSignal.timeout(5_000);

/** What every broker behind the port does. `remove` takes away the topics that were made. */
export function eventBrokerContract(
  open: () => Promise<EventBroker>,
  remove: (topics: string[]) => Promise<void>,
): void {
  let broker: EventBroker;
  const made: string[] = [];

  const topicOf = (): string => {
    const name = `zerodb-test-${randomBytes(6).toString('hex')}`;
    made.push(name);
    return name;
  };
  const message = (topic: string, key: string | null, value: string): BrokerMessage => ({
    topic,
    key,
    value: Buffer.from(value),
    headers: { ce_id: value, ce_type: 'test' },
  });

  beforeAll(async () => {
    broker = await open();
  });
  afterAll(async () => {
    await broker.close();
    await remove(made);
  });

  const read = async (topic: string, count: number): Promise<ConsumedMessage[]> => {
    const all: ConsumedMessage[] = [];
    let done: () => void = () => undefined;
    const complete = new Promise<void>((resolve) => (done = resolve));
    const consumer = await broker.consume({
      topic,
      group: `${topic}-group`,
      fromBeginning: true,
      positionOf: async () => undefined,
      onBatch: async (_partition, messages) => {
        all.push(...messages);
        if (all.length >= count) done();
        return { next: (messages.at(-1)?.offset ?? -1) + 1 };
      },
      onEnd: () => undefined,
    });
    await complete;
    await consumer.stop();
    return all;
  };

  it('makes a topic once and finds it', async () => {
    const topic = topicOf();
    expect(await broker.ensureTopic(topic, 2, soon())).toBe(true);
    expect(await broker.ensureTopic(topic, 2, soon())).toBe(false);
    const facts = await broker.describe([topic, 'zerodb-test-nowhere'], soon());
    expect(facts.topics).toEqual([topic]);
    expect(facts.clusterId).not.toBe('');
  });

  it('keeps messages of a key in order, with keys, values and headers', async () => {
    const topic = topicOf();
    await broker.ensureTopic(topic, 3, soon());
    const sent = Array.from({ length: 30 }, (_, n) => message(topic, `key-${n % 5}`, `value-${n}`));
    await broker.send(sent.slice(0, 15), soon());
    await broker.send(sent.slice(15), soon());
    const got = await read(topic, 30);
    for (const key of ['key-0', 'key-1', 'key-2', 'key-3', 'key-4']) {
      const values = got.filter((each) => each.key === key).map(({ value }) => value?.toString());
      expect(values).toEqual(sent.filter((each) => each.key === key).map(({ value }) => value.toString()));
    }
    expect(got[0]?.headers).toMatchObject({ ce_type: 'test' });
  });

  it('says that a topic is not there', async () => {
    const topic = `zerodb-test-${randomBytes(6).toString('hex')}`;
    const fault = await broker.send([message(topic, 'k', 'v')], soon()).catch((error: unknown) => error);
    expect(isServiceFault(fault) && fault.kind).toBe('wrong_data');
  });
}
