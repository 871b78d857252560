import { BackgroundWork } from '../../src/common/background-work';
import { loadConfiguration } from '../../src/config';
import { BrokerNames } from '../../src/events/broker/broker-names';
import { ProjectIdentities } from '../../src/auth/projects/project-identities';
import { BrokerMarkRepository } from '../../src/events/broker/broker-mark.repository';
import { BrokerFollower } from '../../src/events/broker/broker.follower';
import { ConsumersRepository } from '../../src/events/delivery/consumers.repository';
import { DeadLettersRepository } from '../../src/events/delivery/dead-letters.repository';
import { DeliveryRound } from '../../src/events/delivery/delivery-round';
import type { DeliveryScheduler } from '../../src/events/delivery/delivery.scheduler';
import { LanesRepository } from '../../src/events/delivery/lanes.repository';
import type { EventMetrics } from '../../src/events/event-metrics';
import type { Topic } from '../../src/events/event';
import { draftOf } from '../../src/events/log/draft';
import { EventLog } from '../../src/events/log/event-log';
import { TopicsRepository } from '../../src/events/topics/topics.repository';
import type { ServiceDescriptor, ServiceRegistry } from '../../src/registry/service';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { TopicEntity } from '../../src/events/topics/topic.entity';
import { ConsumerEntity } from '../../src/events/delivery/consumer.entity';
import { ProjectEntity } from '../../src/auth/projects/project.entity';
import { ProjectsRepository } from '../../src/auth/projects/projects.repository';
import { DeadLetterEntity } from '../../src/events/delivery/dead-letter.entity';
import { repositoryOf } from '../support/entities';
import { MemoryEventBroker } from '../support/memory-event-broker';

/** The follower on a real embedded database; the broker, the registry and the scheduler are stand-ins. */
const TOPIC = 'zerodb.default.orders';
const signal = AbortSignal.timeout(60_000);
const distrusted: string[] = [];
let losses = 0;
let descriptor: ServiceDescriptor;
let test: TestDatabase;
let broker: MemoryEventBroker;
let work: () => Promise<void>;
let publish: (from: number, to: number) => Promise<void>;
let letters: DeadLettersRepository;
let topic: Topic;

const registry = {
  register: (described: ServiceDescriptor) => {
    descriptor = described;
    return {
      admits: () => true,
      run: <T>(_direction: string, call: (signal: AbortSignal) => Promise<T>) => call(signal),
      trip: (reason: string) => distrusted.push(reason),
    };
  },
} as unknown as ServiceRegistry;

beforeAll(async () => {
  test = await openTestDatabase();
  const { rows } = await test.database.system.query<{ id: number }>(
    `select id from zerodb_projects where name = 'default'`,
  );
  const scope = { projectId: rows[0]?.id ?? 0, projectName: 'default' };
  const topics = new TopicsRepository(await repositoryOf(test.database, TopicEntity), test.database);
  const settings = {
    changes: [],
    retention_seconds: null,
    order_by: 'key' as const,
    broker: { enabled: true, partitions: 1 },
  };
  topic = (await topics.insert(scope, 'orders', settings)) as Topic;
  broker = new MemoryEventBroker();
  const scheduler = { add: () => undefined, wake: () => undefined } as unknown as DeliveryScheduler;
  const metrics = { brokerLost: () => (losses += 1) } as unknown as EventMetrics;
  const projects = new ProjectsRepository(await repositoryOf(test.database, ProjectEntity), test.database);
  const names = new BrokerNames(test.database, new ProjectIdentities(projects));
  const marks = new BrokerMarkRepository(test.database);
  const { kafka } = loadConfiguration({ ZERODB_KAFKA_BROKERS: 'memory:1' }, '/');
  const background = new BackgroundWork('all');
  const follower = new BrokerFollower(broker, marks, topics, names, scheduler, registry, metrics, kafka, background);
  follower.onModuleInit();
  const consumers = new ConsumersRepository(await repositoryOf(test.database, ConsumerEntity), test.database);
  letters = new DeadLettersRepository(await repositoryOf(test.database, DeadLetterEntity), test.database);
  const lanes = new LanesRepository(test.database);
  const log = new EventLog(test.database);
  publish = async (from, to) => {
    const numbers = Array.from({ length: to - from }, (_, index) => from + index);
    await log.append(
      scope,
      numbers.map((n) => draftOf(scope, topic, { id: `e${n}`, type: 'n', key: `k${n % 4}`, data: n })),
    );
  };
  work = async () => {
    await consumers.createFollowers();
    for (const consumer of await consumers.due(['broker'])) {
      await new DeliveryRound({ lanes, letters }, follower, consumer).run();
    }
    await test.database.system.query('update zerodb_consumer_lanes set retry_at = null');
  };
  await descriptor.recover?.(signal);
});
afterAll(() => test.drop());

const idsOf = (key: string): string[] =>
  (broker.topics.get(TOPIC) ?? []).filter((each) => each.key === key).map(({ headers }) => headers.ce_id ?? '');

it('sends every event, with its attributes as headers', async () => {
  await publish(0, 12);
  await work();
  expect(idsOf('k1')).toEqual(['e1', 'e5', 'e9']);
  expect(broker.topics.get(TOPIC)?.[0]).toMatchObject({
    headers: { ce_id: 'e0', ce_type: 'n', ce_specversion: '1.0', zerodb_project: 'default', zerodb_topic: 'orders' },
  });
});

it('sends again what may not have arrived, under the same ids', async () => {
  let isFirst = true;
  broker.fault = () => (isFirst ? ((isFirst = false), { kind: 'timeout', lateReply: true }) : undefined);
  await publish(12, 13);
  await work();
  broker.fault = () => undefined;
  await work();
  expect(idsOf('k0').slice(-2)).toEqual(['e12', 'e12']);
});

it('finds the one event of a batch that the broker refuses, and parks its key', async () => {
  broker.fault = (messages) =>
    messages.some(({ headers }) => headers.ce_id === 'e18') ? { kind: 'rejected' } : undefined;
  await publish(13, 33);
  for (let round = 0; round < 5; round += 1) await work();
  broker.fault = () => undefined;
  const parked = await letters.list({ projectId: topic.projectId, projectName: '' }, { topicId: topic.id }, 100, 0);
  expect(parked.map(({ event_id, state }) => `${event_id} ${state}`)).toEqual([
    'e18 dead',
    'e22 waiting',
    'e26 waiting',
    'e30 waiting',
  ]);
  expect(idsOf('k1').at(-1)).toBe('e29');
  await letters.replay({ projectId: topic.projectId, projectName: '' }, parked[0]?.id ?? 0);
  await work();
  expect(idsOf('k2').slice(-4)).toEqual(['e18', 'e22', 'e26', 'e30']);
});

it('notices that the broker was emptied, reports it, and sends everything that is kept again, in order', async () => {
  await descriptor.probe(signal);
  expect(distrusted).toEqual([]);
  broker.wipe();
  await descriptor.probe(signal);
  expect(distrusted).toHaveLength(1);
  await descriptor.recover?.(signal);
  expect(losses).toBe(1);
  await publish(33, 36);
  for (let round = 0; round < 5; round += 1) await work();
  expect(idsOf('k3')).toEqual(['e3', 'e7', 'e11', 'e15', 'e19', 'e23', 'e27', 'e31', 'e35']);
  await descriptor.probe(signal);
  expect(distrusted).toHaveLength(1);
});
