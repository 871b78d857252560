import { seededRandom } from '../../src/common/seeded-random';
import type { Scope } from '../../src/common/scope';
import { ConsumersRepository } from '../../src/events/delivery/consumers.repository';
import { DeadLettersRepository } from '../../src/events/delivery/dead-letters.repository';
import type { Consumer } from '../../src/events/delivery/consumer';
import type { Delivery } from '../../src/events/delivery/delivery';
import { DeliveryRound } from '../../src/events/delivery/delivery-round';
import { LanesRepository } from '../../src/events/delivery/lanes.repository';
import type { StoredEvent, Topic } from '../../src/events/event';
import { draftOf } from '../../src/events/log/draft';
import { EventLog } from '../../src/events/log/event-log';
import { TopicsRepository } from '../../src/events/topics/topics.repository';
import { TopicEntity } from '../../src/events/topics/topic.entity';
import { ConsumerEntity } from '../../src/events/delivery/consumer.entity';
import { DeadLetterEntity } from '../../src/events/delivery/dead-letter.entity';
import { repositoryOf } from '../support/entities';
import { openTestDatabase, type TestDatabase } from '../support/database';

/** The delivery in lanes, on the real embedded database, with a receiver and with workers that fail by a seed. */
const SEEDS = 12;
const EVENTS = 120;
const KEYS = 9;
const SETTINGS = {
  changes: [],
  retention_seconds: null,
  order_by: 'key' as const,
  broker: { enabled: true, partitions: 1 },
};

let test: TestDatabase;
let scope: Scope;
beforeAll(async () => {
  test = await openTestDatabase();
  const { rows } = await test.database.system.query<{ id: number }>(
    `select id from zerodb_projects where name = 'default'`,
  );
  scope = { projectId: rows[0]?.id ?? 0, projectName: 'default' };
});
afterAll(() => test.drop());

const expireLeases = async (): Promise<void> => {
  await test.database.system.query(
    `update zerodb_consumer_lanes set lease_until = case when lease_until is null then null else now() end, retry_at = null`,
  );
};

class Receiver implements Delivery {
  readonly kind = 'webhook' as const;
  readonly page = { events: 40, bytes: 1_000_000 };
  readonly batch = { events: 5, bytes: 100_000 };
  readonly concurrency = 4;
  readonly taken: StoredEvent[] = [];
  poison = new Set<string>();

  constructor(
    private readonly random: () => number,
    private readonly topic: Topic,
  ) {}

  isReady(): boolean {
    return true;
  }

  async topicIds(): Promise<readonly number[]> {
    return [this.topic.id];
  }

  maxAttempts(): number {
    return 3;
  }

  async deliver(_consumer: Consumer, events: readonly StoredEvent[]) {
    let delivered = 0;
    for (const event of events) {
      if (this.poison.has(event.id)) return { delivered, fault: { kind: 'poison' as const, message: 'poison' } };
      const dice = this.random();
      if (dice < 0.05) return { delivered, fault: { kind: 'unavailable' as const, message: 'away' } };
      this.taken.push(event);
      // Taken, but the answer is lost: it will come again under the same id.
      if (dice < 0.1) return { delivered, fault: { kind: 'unavailable' as const, message: 'reply lost' } };
      delivered += 1;
    }
    return { delivered };
  }
}

const world = async (seed: number) => {
  const random = seededRandom(seed);
  const topics = new TopicsRepository(await repositoryOf(test.database, TopicEntity), test.database);
  const consumers = new ConsumersRepository(await repositoryOf(test.database, ConsumerEntity), test.database);
  const log = new EventLog(test.database);
  const topic = (await topics.insert(scope, `topic-${seed}-${Date.now()}`, SETTINGS)) as Topic;
  const wanted = { kind: 'webhook' as const, name: `consumer-${topic.name}`, topicId: topic.id, settings: {} };
  const { consumer } = await consumers.create(scope, wanted);
  const lanes = new LanesRepository(test.database);
  const letters = new DeadLettersRepository(await repositoryOf(test.database, DeadLetterEntity), test.database);
  const receiver = new Receiver(random, topic);
  const publish = async (from: number, to: number): Promise<void> => {
    const drafts = Array.from({ length: to - from }, (_, index) =>
      draftOf(scope, topic, {
        id: `e${from + index}`,
        type: 'n',
        key: `k${(from + index) % KEYS}`,
        data: from + index,
      }),
    );
    await log.append(scope, drafts);
  };
  /** One round; with `crash` the worker dies when it would settle. */
  const round = async (crash: boolean): Promise<void> => {
    const dying = Object.create(lanes) as LanesRepository;
    dying.releaseLanes = () => Promise.reject(new Error('the worker died'));
    await new DeliveryRound({ lanes: crash ? dying : lanes, letters }, receiver, consumer).run().catch(() => undefined);
  };
  const isDone = async (): Promise<boolean> => (await consumers.progress(consumer)).behind === 0;
  return { random, receiver, publish, round, isDone, letters, topic };
};

const inOrder = (taken: readonly StoredEvent[]): Map<string, number[]> => {
  const seen = new Set<string>();
  const keys = new Map<string, number[]>();
  for (const { id, key } of taken) {
    if (seen.has(id)) continue;
    seen.add(id);
    keys.set(key ?? '', [...(keys.get(key ?? '') ?? []), Number(id.slice(1))]);
  }
  return keys;
};

it.each(Array.from({ length: SEEDS }, (_, seed) => [seed + 1]))(
  'seed %i: whatever fails, every event arrives, in order per key',
  async (seed) => {
    const { random, receiver, publish, round, isDone } = await world(seed);
    let published = 0;
    for (let step = 0; step < 400; step += 1) {
      if (published < EVENTS && random() < 0.5) await publish(published, (published += 10));
      // Two workers at once: leases keep them apart.
      await Promise.all([round(random() < 0.2), round(random() < 0.1)]);
      await expireLeases();
      if (published >= EVENTS && (await isDone())) break;
    }
    expect(await isDone()).toBe(true);
    const keys = inOrder(receiver.taken);
    expect([...keys.values()].flat()).toHaveLength(EVENTS);
    for (const values of keys.values()) expect(values).toEqual([...values].sort((a, b) => a - b));
  },
  60_000,
);

it('a poisonous event parks its key, not its lane, and what waits goes out in order when it is dropped', async () => {
  const { receiver, publish, round, isDone, letters, topic } = await world(1_000);
  receiver.poison.add('e4');
  await publish(0, 40);
  for (let step = 0; step < 60 && !(await isDone()); step += 1) {
    await round(false);
    await expireLeases();
  }
  const parked = await letters.list(scope, { topicId: topic.id }, 100, 0);
  expect(parked.map(({ event_id, state }) => [event_id, state])).toEqual([
    ['e4', 'dead'],
    ['e13', 'waiting'],
    ['e22', 'waiting'],
    ['e31', 'waiting'],
  ]);
  expect(new Set(receiver.taken.map(({ id }) => id)).size).toBe(36);
  await letters.drop(scope, parked[0]?.id ?? 0);
  await publish(40, 50);
  for (let step = 0; step < 60; step += 1) {
    await round(false);
    await expireLeases();
  }
  expect(inOrder(receiver.taken).get('k4')).toEqual([13, 22, 31, 40, 49]);
  expect(await letters.list(scope, { topicId: topic.id }, 100, 0)).toEqual([]);
});
