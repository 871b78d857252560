import { randomBytes } from 'node:crypto';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { clientOf, type Answer, type Request } from '../support/http';
import { emptyBucket, firstS3, objectsIn } from '../support/s3';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

const { kafkaBrokers = '', postgresUrl, qdrantUrl = '' } = services;

/** Two replicas on one Postgres; Kafka, an S3 server and Qdrant are real. */
describeWith(kafkaBrokers && postgresUrl && qdrantUrl && firstS3)('a deleted project (all ZERODB_TEST_*)', () => {
  const id = randomBytes(5).toString('hex');
  const bucket = `zerodb-test-${id}`;
  const foreign = `b-secret-orders-${id}`;
  const kafka = new Kafka({ brokers: kafkaBrokers.split(','), logLevel: logLevel.NOTHING });
  let test: TestDatabase;
  let replicas: TestServer[];
  let admin: Admin;
  let call: (target: string, request?: Request) => Promise<Answer>;
  let other: (target: string, request?: Request) => Promise<Answer>;
  let root: string;

  beforeAll(async () => {
    admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: foreign, numPartitions: 1 }], waitForLeaders: true });
    test = await openTestDatabase('server');
    const { url } = test.options as { url: string };
    const settings = {
      ZERODB_POSTGRES_URL: url,
      ZERODB_KAFKA_BROKERS: kafkaBrokers,
      ZERODB_QDRANT_URL: qdrantUrl,
      ZERODB_QDRANT_PREFIX: `t${id}`,
      ZERODB_S3_ENDPOINT: firstS3?.endpoint ?? '',
      ZERODB_S3_ACCESS_KEY: firstS3?.accessKey ?? '',
      ZERODB_S3_SECRET_KEY: firstS3?.secretKey ?? '',
      ZERODB_S3_BUCKET: bucket,
      ZERODB_FILES_SWEEP_SECONDS: '1',
      ZERODB_FILES_GRACE_SECONDS: '5',
    };
    replicas = [await startServer(settings), await startServer(settings)];
    const [first, second] = replicas as [TestServer, TestServer];
    [call, other, root] = [clientOf(first.url), clientOf(second.url), first.rootKey];
  });

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await test.drop();
    const left = (await admin.listTopics()).filter((name) => name.includes(id));
    await admin.deleteTopics({ topics: left }).catch(() => undefined);
    await admin.disconnect();
    if (firstS3) await emptyBucket(firstS3, bucket);
  });

  const makeProject = async (name: string): Promise<{ key: string; uid: string }> => {
    const { json } = await call('/v1/projects', { key: root, body: { name } });
    const made = await call('/v1/keys', { key: root, body: { name: 'k', role: 'admin', project: name } });
    return { key: String(made.json.key), uid: String(json.uid) };
  };
  const publish = (key: string, data: string): Promise<Answer> =>
    call('/v1/topics/orders/events', { key, body: { events: [{ type: 'order', key: 'k', data }] } });
  const brokerTopic = async (key: string): Promise<string> =>
    ((await call('/v1/topics/orders', { key })).json.broker as { topic: string }).topic;
  const sink = { kind: 'records', collection: 'c', id: 'id', vector: 'data' };

  it('leaves nothing in any service, and nothing to its namesake', async () => {
    const name = `acme-${id}`;
    const old = await makeProject(name);
    await call('/v1/collections/c', { method: 'PUT', key: old.key, body: { dimension: 2 } });
    await call('/v1/collections/c/records', {
      method: 'PUT',
      key: old.key,
      body: { records: [{ id: 'a', vector: [1, 0] }] },
    });
    await call('/v1/buckets/box', { method: 'PUT', key: old.key, body: {} });
    await call('/v1/files/box/a', {
      method: 'PUT',
      key: old.key,
      raw: 'old',
      headers: { 'content-type': 'text/plain' },
    });
    await call('/v1/topics/orders', { method: 'PUT', key: old.key, body: {} });
    await publish(old.key, 'of the old tenant');
    const topic = await brokerTopic(old.key);
    expect(topic).toBe(`zerodb.${old.uid}.${name}.orders`);
    await eventually(
      () => admin.listTopics(),
      (topics) => topics.includes(topic),
      60_000,
    );
    const source = { topic, group: 'readers' };
    const put = await call('/v1/subscriptions/s', { method: 'PUT', key: old.key, body: { source, sink } });
    const { group } = put.json.source as { group: string };
    expect(group).toBe(`zerodb.${old.uid}.${name}.readers`);
    // A coordinator that is still loading is asked again.
    const groups = (): Promise<string[]> =>
      admin.listGroups().then(
        (listed) => listed.groups.map(({ groupId }) => groupId),
        () => [],
      );
    await eventually(groups, (known) => known.includes(group), 60_000);
    const signed = await call('/v1/files/box/presign', { key: old.key, body: { key: 'a' } });
    expect((await other(String(signed.json.url))).text).toBe('old');
    expect((await other('/v1/topics', { key: old.key })).status).toBe(200);

    const deleted = await call(`/v1/projects/${name}`, { method: 'DELETE', key: root });
    expect([deleted.status, deleted.json.uid, deleted.json.deleted]).toEqual([200, old.uid, true]);
    expect((await other(String(signed.json.url))).status).toBe(403);
    await eventually(
      () => other('/v1/topics', { key: old.key }),
      ({ status }) => status === 401,
      1_000,
    );

    const fresh = await makeProject(name);
    expect(fresh.uid).not.toBe(old.uid);
    await call('/v1/topics/orders', { method: 'PUT', key: fresh.key, body: {} });
    expect(await brokerTopic(fresh.key)).toBe(`zerodb.${fresh.uid}.${name}.orders`);
    const receipt = await eventually(
      async () => (await call(`/v1/projects/deleted/${old.uid}`, { key: root })).json,
      ({ complete }) => complete === true,
      120_000,
    );
    expect(receipt).toMatchObject({ name, pending: [], services: { broker: { state: 'erased' } } });
    expect((await admin.listTopics()).includes(topic)).toBe(false);
    expect((await groups()).includes(group)).toBe(false);
    const objects = firstS3 ? await objectsIn(firstS3, bucket) : [];
    // The probe of the store leaves one of its own.
    expect(objects.filter((object) => !object.name.startsWith('canary/'))).toEqual([]);
  });

  it('keeps topics apart that are deleted and made again', async () => {
    const { key, uid } = await makeProject(`again-${id}`);
    await call('/v1/topics/orders', { method: 'PUT', key, body: {} });
    await publish(key, 'first');
    const first = await brokerTopic(key);
    await eventually(
      () => admin.listTopics(),
      (topics) => topics.includes(first),
      60_000,
    );
    await call('/v1/topics/orders', { method: 'DELETE', key });
    await call('/v1/topics/orders', { method: 'PUT', key, body: {} });
    expect(await brokerTopic(key)).toBe(`zerodb.${uid}.again-${id}.orders..2`);
    await eventually(
      () => admin.listTopics(),
      (topics) => !topics.includes(first),
      60_000,
    );
  });

  it("reads and writes the broker's other topics only while they are granted to it", async () => {
    const name = `tenant-${id}`;
    const { key } = await makeProject(name);
    await call('/v1/collections/c', { method: 'PUT', key, body: { dimension: 2 } });
    const subscribe = (): Promise<Answer> =>
      call('/v1/subscriptions/s', { method: 'PUT', key, body: { source: { topic: foreign }, sink } });
    const map = (): Promise<Answer> =>
      call('/v1/topics/out', { method: 'PUT', key, body: { broker: { topic: foreign } } });
    const refused = await subscribe();
    expect([refused.status, refused.json.errors[0]?.path]).toEqual([403, '/source/topic']);
    const unmapped = await map();
    expect([unmapped.status, unmapped.json.errors[0]?.path]).toEqual([403, '/broker/topic']);

    const grant = `/v1/projects/${name}/broker-grants/${foreign}`;
    expect((await call(grant, { method: 'PUT', key, body: { access: ['read'] } })).status).toBe(403);
    expect((await call(grant, { method: 'PUT', key: root, body: { access: ['read'] } })).status).toBe(200);
    expect((await subscribe()).status).toBe(201);
    expect((await map()).status).toBe(403);
    await call(grant, { method: 'PUT', key: root, body: { access: ['read', 'write'] } });
    expect((await map()).status).toBe(201);
    expect((await call(grant, { key: root })).json.access).toEqual(['read', 'write']);

    expect((await call(grant, { method: 'DELETE', key: root })).status).toBe(204);
    const held = (await call('/v1/subscriptions/s', { key })).json;
    expect([held.paused, held.paused_reason]).toEqual([true, expect.stringContaining('is not granted')]);
    expect((await call('/v1/subscriptions/s/resume', { method: 'POST', key })).status).toBe(403);
    await call('/v1/topics/out/events', { key, body: { events: [{ type: 'x', data: 1 }] } });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect((await admin.fetchTopicOffsets(foreign)).map(({ offset }) => offset)).toEqual(['0']);
  });

  it.each([['zerodb.default.orders'], ['ZERODB.x.y'], ['zerodb_x'], ['_zerodb_mark_1'], ['_schemas']])(
    'never gets a grant for %s',
    async (topic) => {
      const path = `/v1/projects/default/broker-grants/${topic}`;
      expect((await call(path, { method: 'PUT', key: root, body: { access: ['read'] } })).status).toBe(422);
    },
  );

  it('is told when a name is too long for the broker', async () => {
    const { key } = await makeProject(`${id}${'p'.repeat(110)}`);
    const made = await call(`/v1/topics/${'t'.repeat(128)}`, { method: 'PUT', key, body: {} });
    expect([made.status, made.json.errors[0]?.path]).toEqual([422, 'path:topic']);
    const off = { broker: { enabled: false } };
    expect((await call(`/v1/topics/${'t'.repeat(128)}`, { method: 'PUT', key, body: off })).status).toBe(201);
  });
});
