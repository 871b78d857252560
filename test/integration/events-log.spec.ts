import { BackgroundWork } from '../../src/common/background-work';
import type { Scope } from '../../src/common/scope';
import { loadConfiguration } from '../../src/config';
import { draftOf } from '../../src/events/log/draft';
import { ConsumersRepository } from '../../src/events/delivery/consumers.repository';
import { LanesRepository } from '../../src/events/delivery/lanes.repository';
import { GroupLeasesRepository } from '../../src/events/groups/group-leases.repository';
import { GroupsService } from '../../src/events/groups/groups.service';
import { EventsService } from '../../src/events/log/events.service';
import type { LogSignals } from '../../src/events/log/log-signals';
import { LogSubscription, type Gap } from '../../src/events/stream/log-subscription';
import { LogTail } from '../../src/events/stream/log-tail';
import type { TopicsService } from '../../src/events/topics/topics.service';
import { eventually } from '../support/eventually';
import { EventLog } from '../../src/events/log/event-log';
import { Housekeeping } from '../../src/events/log/housekeeping';
import type { Topic, TopicSettings } from '../../src/events/event';
import { TopicsRepository } from '../../src/events/topics/topics.repository';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { TopicEntity } from '../../src/events/topics/topic.entity';
import { ConsumerEntity } from '../../src/events/delivery/consumer.entity';
import { repositoryOf } from '../support/entities';
import { UsageMeter } from '../../src/usage/usage-meter';
import { describeWith, services } from '../support/services';

/** The log on a real database: what a reader may rely on, and how long events stay. */
const PUBLISHERS = 6;
const ROUNDS = 30;
const WEEK_MS = 7 * 86_400_000;
const SETTINGS: TopicSettings = {
  changes: [],
  retention_seconds: null,
  order_by: 'key',
  broker: { enabled: true, partitions: 1 },
};

function suite(engine: 'embedded' | 'server'): void {
  let test: TestDatabase;
  let scope: Scope;
  let log: EventLog;
  let topics: TopicsRepository;

  beforeAll(async () => {
    test = await openTestDatabase(engine);
    const sql = `select id from zerodb_projects where name = 'default'`;
    const { rows } = await test.database.system.query<{ id: number }>(sql);
    scope = { projectId: rows[0]?.id ?? 0, projectName: 'default' };
    log = new EventLog(test.database);
    topics = new TopicsRepository(await repositoryOf(test.database, TopicEntity), test.database);
  });
  afterAll(() => test.drop());

  const topicOf = async (name: string, settings: Partial<TopicSettings> = {}): Promise<Topic> =>
    (await topics.insert(scope, name, { ...SETTINGS, ...settings })) as Topic;

  const append = async (topic: Topic, count: number): Promise<number[]> => {
    const drafts = Array.from({ length: count }, (_, n) => draftOf(scope, topic, { type: 'n', key: `k${n}` }));
    return (await log.append(scope, drafts)).map(({ offset }) => offset);
  };

  it('a reader that pages behind the last offset it has seen misses nothing, whoever is publishing', async () => {
    const topic = await topicOf('busy');
    const stored: number[] = [];
    let isOver = false;
    const publisher = async (own: number): Promise<void> => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const draft = draftOf(scope, topic, { type: 'n', data: [own, round] });
        // Some in a transaction that takes its time to commit, some that is given up.
        const receipts = await test.database
          .transaction(scope, async (tx) => {
            const made = await log.append(scope, [draft], tx);
            await new Promise((resolve) => setTimeout(resolve, (own * 7 + round * 3) % 5));
            if ((own + round) % 7 === 0) throw new Error('given up');
            return made;
          })
          .catch(() => []);
        stored.push(...receipts.map(({ offset }) => offset));
      }
    };
    const seen: number[] = [];
    const reader = async (): Promise<void> => {
      for (let after = 0; ;) {
        const isLast = isOver;
        const page = await log.read(scope, [topic.id], after, 7);
        seen.push(...page.events.map(({ position }) => Number(position)));
        after = page.through;
        if (isLast && !page.hasMore) return;
      }
    };
    const reading = reader();
    await Promise.all(Array.from({ length: PUBLISHERS }, (_, own) => publisher(own)));
    isOver = true;
    await reading;
    expect(seen).toEqual([...stored].sort((a, b) => a - b));
    // What was given up left no gap.
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => (seen[0] ?? 0) + index));
  });

  it('one of many who publish the same id at once stores it', async () => {
    const topic = await topicOf('same');
    const draft = draftOf(scope, topic, { id: 'same', type: 'n' });
    const all = await Promise.all(Array.from({ length: 8 }, () => log.append(scope, [draft])));
    expect(new Set(all.map(([receipt]) => receipt?.offset)).size).toBe(1);
    expect((await log.read(scope, [topic.id], 0, 10)).events).toHaveLength(1);
  });

  it('an event is its source and its id, whichever version of the product publishes it', async () => {
    const topic = await topicOf('sources');
    const long = `/${'ü'.repeat(1_000)}`;
    const drafts = ['/a', '/b', long].map((source) => draftOf(scope, topic, { id: 'x', type: 'n', source }));
    const first = (await log.append(scope, drafts)).map(({ offset }) => offset);
    expect(new Set(first).size).toBe(3);
    expect((await log.append(scope, drafts)).map(({ offset }) => offset)).toEqual(first);
    // As replicas of the version before call it.
    const { rows } = await test.database.query<{ stored_position: number }>(
      scope,
      'select stored_position from zerodb_create_events($1, $2, $3, $4, $5, $6, $7, $8) order by ordinal',
      [
        scope.projectId,
        drafts.map(() => topic.id),
        drafts.map(({ id }) => id),
        drafts.map(() => true),
        drafts.map(() => 0),
        drafts.map(() => null),
        drafts.map(() => 'n'),
        drafts.map(({ body }) => body),
      ],
    );
    expect(rows.map((row) => Number(row.stored_position))).toEqual(first);
  });

  it('tells those who come back behind what retention has removed', async () => {
    const { events } = loadConfiguration({}, '/');
    const housekeeping = new Housekeeping(test.database, events, new BackgroundWork('all'));
    const topic = await topicOf('trimmed', { retention_seconds: 60 });
    const offsets = await append(topic, 6);
    const [first = 0, , third = 0, fourth = 0] = offsets;
    const consumers = new ConsumersRepository(await repositoryOf(test.database, ConsumerEntity), test.database);
    const leases = new GroupLeasesRepository(test.database);
    const groups = new GroupsService(
      { resolve: async () => Promise.resolve(topic) } as unknown as TopicsService,
      consumers,
      new LanesRepository(test.database),
      leases,
      { onPublished: () => () => undefined } as unknown as LogSignals,
      log,
    );
    const poll = (name: string, limit: number) =>
      groups.poll(
        scope,
        topic.name,
        name,
        { limit, lease_ms: 60_000, wait_ms: 0, start: 'earliest' },
        AbortSignal.timeout(10_000),
      );
    const done = await poll('done', 100);
    await groups.commit(scope, topic.name, 'done', done.lease ?? '');
    await poll('begun', 1);
    await test.database.system.query(
      `update zerodb_events set published_at = published_at - interval '1 hour' where topic_id = $1 and position <= $2`,
      [topic.id, third],
    );
    await housekeeping.run();
    const service = new EventsService(
      { resolve: async () => Promise.resolve(topic) } as unknown as TopicsService,
      log,
      {} as unknown as LogSignals,
      new UsageMeter(),
    );
    const refusal = { status: 410, code: 'gone', details: { first_offset: fourth } };
    await expect(service.page(scope, topic.name, first, 10)).rejects.toMatchObject(refusal);
    for (const after of [0, fourth - 1]) {
      const page = await service.page(scope, topic.name, after, 10);
      expect(page.events.map(({ position }) => Number(position))).toEqual(offsets.slice(3));
    }
    await expect(poll('begun', 10)).rejects.toMatchObject(refusal);
    await expect(groups.seek(scope, topic.name, 'begun', first)).rejects.toMatchObject(refusal);
    await groups.seek(scope, topic.name, 'begun', fourth - 1);
    expect((await poll('begun', 10)).events).toHaveLength(3);
    expect((await poll('done', 10)).events).toHaveLength(0);
    expect((await poll('new', 10)).events).toHaveLength(3);
    const told: (Gap | number)[] = [];
    const tail = new LogTail(log, { onPublished: () => () => undefined } as unknown as LogSignals);
    const place = { scope, topicIds: [topic.id], after: first };
    const subscription = new LogSubscription({ log, tail }, place, {
      deliver: (found) => told.push(...found.map(({ position }) => Number(position))) > 0,
      reset: (gap) => void told.push(gap),
      end: () => undefined,
    });
    subscription.start();
    await eventually(
      () => told.length,
      (length) => length >= 4,
    );
    subscription.close();
    tail.onModuleDestroy();
    expect(told).toEqual([{ after: first, through: third, first: fourth }, ...offsets.slice(3)]);
    const later = `update zerodb_events set published_at = published_at + interval '8 days'
      where topic_id = $1 and position = $2`;
    await test.database.system.query(later, [topic.id, offsets.at(-1)]);
    await housekeeping.run(new Date(Date.now() + 20 * WEEK_MS));
    expect(await log.trimmed(scope, [topic.id])).toBe(offsets.at(-1));
  });

  it('stores nothing under a topic that is gone', async () => {
    const topic = await topicOf('gone');
    await topics.delete(scope, topic, async () => undefined);
    await expect(log.append(scope, [draftOf(scope, topic, { type: 'n' })])).rejects.toMatchObject({ code: 'ZDT01' });
  });

  it('keeps events as long as their topic says, and makes and drops partitions by the week', async () => {
    const { events } = loadConfiguration({}, '/');
    const housekeeping = new Housekeeping(test.database, events, new BackgroundWork('all'));
    const partitions = async (): Promise<number> => {
      const sql = `select from pg_class where relname ~ '^zerodb_events_w[0-9]+$'`;
      return (await test.database.system.query(sql)).rows.length;
    };
    const short = await topicOf('short', { retention_seconds: 60 });
    const long = await topicOf('long');
    await log.append(scope, [draftOf(scope, short, { type: 'n' }), draftOf(scope, long, { type: 'n' })]);
    await test.database.system.query(`update zerodb_events set published_at = published_at - interval '1 hour'`);
    await housekeeping.run();
    expect((await log.read(scope, [short.id], 0, 10)).events).toHaveLength(0);
    expect((await log.read(scope, [long.id], 0, 10)).events).toHaveLength(1);
    const made = await partitions();
    expect(made).toBeGreaterThanOrEqual(2);
    await housekeeping.run();
    expect(await partitions()).toBe(made);
    await housekeeping.run(new Date(Date.now() + 20 * WEEK_MS));
    // Those of now are long past then; the ones ahead of then are there.
    expect(await partitions()).toBe(3);
  });
}

describe('the embedded engine', () => suite('embedded'));
describeWith(services.postgresUrl)('a Postgres server (ZERODB_TEST_POSTGRES_URL)', () => suite('server'));
