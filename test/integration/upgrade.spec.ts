import { DataSource } from 'typeorm';
import { bootstrap } from '../../src/database/migrate/bootstrap';
import { dataSourceOptions } from '../../src/database/migrate/data-source-options';
import { migrate } from '../../src/database/migrate/migrate';
import { poolOver } from '../../src/database/migrate/single-client-pool';
import type { SessionDatabase } from '../../src/database/sessions/session-database';
import { EventLog } from '../../src/events/log/event-log';
import type { SinkEvent } from '../../src/events/subscriptions/event-sinks';
import type { Subscription } from '../../src/events/subscriptions/subscription';
import { SubscriptionsRepository } from '../../src/events/subscriptions/subscriptions.repository';
import { openTestDatabase } from '../support/database';
import { SubscriptionEntity } from '../../src/events/subscriptions/subscription.entity';
import { DeadLetterEntity } from '../../src/events/delivery/dead-letter.entity';
import { DeadLettersRepository } from '../../src/events/delivery/dead-letters.repository';
import { repositoryOf } from '../support/entities';
import { describeWith, services } from '../support/services';

/** The last schema in which a project was its name, and who owned a topic of the broker was not asked. */
const BEFORE = 1_700_000_000_007;
const PARTITIONS = 2;

/** Brings an empty database to the schema of `BEFORE`, as the version of that day did. */
async function migrateToBefore(database: SessionDatabase): Promise<void> {
  const { session, release } = await database.dedicated();
  try {
    await bootstrap(session);
    const all = new DataSource({ ...dataSourceOptions(), driver: { Pool: poolOver(session.raw) } });
    await all.initialize();
    const old = all.migrations.filter(({ name = '' }) => Number(name.slice(-13)) <= BEFORE);
    await all.destroy();
    const classes = old.map(({ constructor }) => constructor);
    const source = new DataSource({ ...dataSourceOptions(classes), driver: { Pool: poolOver(session.raw) } });
    await source.initialize();
    await source.runMigrations();
    await source.destroy();
  } finally {
    await release();
  }
}

const LONG = 't'.repeat(300);
const OLD_ROWS = [
  `insert into zerodb_projects (name) values ('acme'), ('b.c')`,
  `insert into zerodb_keys (id, project_id, name, role, hash) values ('k1', 2, 'of acme', 'admin', '\\x01')`,
  `insert into zerodb_topics (project_id, name, settings) values (2, 'orders', '{}'), (3, '${LONG}', '{}'),
     (3, 'out', '{"broker": {"topic": "legacy-out"}}')`,
  `insert into zerodb_subscriptions (project_id, name, settings) values
     (2, 'own', '{"source": {"topic": "zerodb.acme.orders", "group": "zerodb.acme.g"}}'),
     (2, 'alone', '{"source": {"topic": "legacy-in", "group": "workers"}}'),
     (2, 'shared', '{"source": {"topic": "legacy-both", "group": "workers"}}'),
     (3, 'shared', '{"source": {"topic": "legacy-both", "group": "workers"}}')`,
  `insert into zerodb_idempotency (project_id, route, key, body_hash, state) values (2, 'POST /v1/keys', 'x', '\\x01', 'done')`,
  `insert into zerodb_collections (project_id, name, dimension, metric, settings) values (2, 'c', 2, 'cosine', '{}')`,
  `select * from zerodb_create_events(2, '{1}', '{e1}', '{true}', '{0}', '{NULL}', '{n}',
     array['{"specversion":"1.0","id":"e1","source":"/shop \\"1\\"","type":"n","data":"a \\u0000 b"}'])`,
  `insert into zerodb_inbox (subscription_id, project_id, event_id) values (1, 2, 'seen')`,
  `select zerodb_create_partitions(1)`,
  `insert into zerodb_vectors (collection_id, project_id, id, embedding, embedded_from, metadata, words)
     values (1, 2, 'a', '[1,2]', 'vector', '{}', '{}')`,
];

/** Everything is real: the schema of that day, rows as its product wrote them, and the migrations that users run. */
function suite(engine: 'embedded' | 'server'): void {
  let database: SessionDatabase;
  let drop: () => Promise<void>;

  const rows = async <Row>(sql: string): Promise<readonly Row[]> => (await database.system.query<Row>(sql)).rows;

  beforeAll(async () => {
    ({ database, drop } = await openTestDatabase(engine, { migrated: false }));
    await migrateToBefore(database);
    for (const statement of OLD_ROWS) await database.system.query(statement);
    await migrate(database);
  });
  afterAll(async () => await drop());

  it('gives each project an identity, and leaves its names on the broker', async () => {
    const projects = await rows<{ uid: string; broker_prefix: string }>('select * from zerodb_projects order by id');
    expect(projects.map(({ broker_prefix }) => broker_prefix)).toEqual([
      'zerodb.default.',
      'zerodb.acme.',
      'zerodb.b..c.',
    ]);
    expect(new Set(projects.map(({ uid }) => uid)).size).toBe(3);
    for (const { uid } of projects) expect(uid).toMatch(/^[0-9a-f]{16}$/);
  });

  it('leaves a stamp from now on when records are written', async () => {
    const watched = await rows<{ name: string }>(
      `select c.relname::text as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
       where c.relnamespace = current_schema()::regnamespace and tgname = 'zerodb_records_written' and tgenabled = 'A'
       order by 1`,
    );
    expect(watched.map(({ name }) => name)).toEqual(['zerodb_vectors', 'zerodb_vectors_1']);
  });

  it('keeps the topics of the broker that are written already', async () => {
    const topics = await rows<{ broker_name: string }>('select broker_name from zerodb_topics order by id');
    const [orders, long, out] = topics.map(({ broker_name }) => broker_name);
    expect([orders, out]).toEqual(['zerodb.acme.orders', 'zerodb.b..c.out']);
    expect(long).toMatch(/^zerodb\.b\.\.c\.t+-[0-9a-f]{32}$/);
    expect(long).toHaveLength(249);
  });

  it('puts the prefix of the project before groups that have none', async () => {
    const groups = await rows<{ group: string }>(
      `select settings #>> '{source,group}' as group from zerodb_subscriptions order by id`,
    );
    expect(groups.map(({ group }) => group)).toEqual([
      'zerodb.acme.g',
      'zerodb.acme.workers',
      'zerodb.acme.workers',
      'zerodb.b..c.workers',
    ]);
  });

  it('grants what one project alone uses, and pauses what two share', async () => {
    const grants = await rows('select project_id, topic, can_read, can_write from zerodb_broker_grants order by topic');
    expect(grants).toEqual([
      { project_id: 2, topic: 'legacy-in', can_read: true, can_write: false },
      { project_id: 3, topic: 'legacy-out', can_read: false, can_write: true },
    ]);
    const paused = await rows<{ name: string; paused_reason: string | null }>(
      'select name, paused_reason from zerodb_subscriptions order by id',
    );
    expect(paused.map(({ paused_reason }) => paused_reason !== null)).toEqual([false, false, true, true]);
    expect(paused[2]?.paused_reason).toContain('legacy-both');
  });

  it('identifies the events that are there by their source and id', async () => {
    expect(await rows('select event_id, source from zerodb_events')).toEqual([{ event_id: 'e1', source: '/shop "1"' }]);
    const log = new EventLog(database);
    const scope = { projectId: 2, projectName: 'acme' };
    const draftFrom = (source: string) => ({
      topicId: 1,
      id: 'e1',
      source,
      isGiven: true,
      type: 'n',
      key: null,
      body: JSON.stringify({ id: 'e1', source }),
    });
    const receipts = await log.append(scope, [draftFrom('/shop "1"'), draftFrom('/desk')]);
    expect(receipts.map(({ offset }) => offset)).toEqual([1, 2]);
  });

  it('knows the events that a subscription has taken by their id alone, and later ones by their source', async () => {
    const repository = new SubscriptionsRepository(
      await repositoryOf(database, SubscriptionEntity),
      new DeadLettersRepository(await repositoryOf(database, DeadLetterEntity), database),
      database,
    );
    const subscription = (await repository.find({ projectId: 2, projectName: 'acme' }, 'own')) as Subscription;
    const from = (source: string, id: string): SinkEvent => ({ id, document: { id, source }, isTombstone: false });
    const [old, fresh, other] = [from('/any', 'seen'), from('/shop', 'new'), from('/desk', 'new')];
    const offset = { clusterId: 'c', partition: 0, next: 1 };
    await database.transaction(subscription.scope, (tx) => repository.settle(tx, subscription, [fresh], offset));
    expect(await repository.known(subscription, [old, fresh, other])).toEqual(new Set([old, fresh]));
    const again = database.transaction(subscription.scope, (tx) =>
      repository.settle(tx, subscription, [fresh], offset),
    );
    await expect(again).rejects.toMatchObject({ code: '23505' });
  });

  it('replays old answers to admins alone', async () => {
    expect(await rows('select role from zerodb_idempotency')).toEqual([{ role: 'admin' }]);
  });

  it('guards the partitions that are there, and serves what is in them', async () => {
    const guarded = await rows<{ relforcerowsecurity: boolean }>(
      `select relforcerowsecurity from pg_class where relname in ('zerodb_vectors_1', 'zerodb_postings_1')`,
    );
    expect(guarded).toEqual(Array.from({ length: PARTITIONS }, () => ({ relforcerowsecurity: true })));
    const seenBy = async (projectId: number, projectName: string): Promise<number> =>
      (await database.query({ projectId, projectName }, 'select id from zerodb_vectors_1')).rowCount;
    expect([await seenBy(2, 'acme'), await seenBy(3, 'b.c')]).toEqual([1, 0]);
  });

  it('changes nothing the second time', async () => {
    const before = await rows('select * from zerodb_projects order by id');
    expect(await migrate(database)).toEqual({ applied: [] });
    expect(await rows('select * from zerodb_projects order by id')).toEqual(before);
  });
}

describe('upgrading an embedded database from before projects had identities', () => suite('embedded'));
describeWith(services.postgresUrl)('upgrading a Postgres server', () => suite('server'));
