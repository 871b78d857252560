import { clientOf, type Answer } from '../support/http';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { PostgresCutter, type Cut } from '../support/postgres-cutter';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

const COMMIT = 'COMMIT\0';
/** Of the statement that keeps an answer; the receipt's has a line break here. */
const KEEPS = 'body = $7 where';

/** Real: a process of the product without background work, and Postgres. Between the two, a proxy that cuts at the commit. */
describeWith(services.postgresUrl)('a repetition with the same Idempotency-Key', () => {
  let opened: TestDatabase;
  let cutter: PostgresCutter;
  let server: TestServer;
  let call: (method: string, path: string, body?: unknown, idempotencyKey?: string) => Promise<Answer>;

  beforeAll(async () => {
    opened = await openTestDatabase('server');
    cutter = await PostgresCutter.listen(opened.options.engine === 'server' ? opened.options.url : '');
    server = await startServer({ ZERODB_POSTGRES_URL: cutter.url, ZERODB_ROLE: 'api' });
    const request = clientOf(server.url);
    call = (method, path, body, idempotencyKey) =>
      request(path, {
        method,
        key: server.rootKey,
        headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
        ...(body === undefined ? {} : { body }),
      });
    await call('PUT', '/v1/topics/t', {});
    await call('PUT', '/v1/collections/c', { dimension: 3 });
  });
  afterAll(async () => {
    await server.stop();
    await cutter.close();
    await opened.drop();
  });

  const publish = (data: string, key: string): Promise<Answer> =>
    call('POST', '/v1/topics/t/events', { events: [{ type: 'x', data }] }, key);
  const published = async (data: string): Promise<number> =>
    ((await call('GET', '/v1/topics/t/events?limit=1000')).json.data as { data: unknown }[]).filter(
      (event) => event.data === data,
    ).length;
  const lose = async (cut: Cut, write: () => Promise<Answer>): Promise<Answer> => {
    cutter.arm(COMMIT, cut);
    const answer = await write();
    expect({ status: answer.status, outcome: answer.json['outcome'] }).toEqual({ status: 503, outcome: 'unknown' });
    return answer;
  };

  it('is not applied again when the first was committed, and says so', async () => {
    const first = await lose('after', () => publish('once', 'k-after'));
    const second = await publish('once', 'k-after');
    expect(second.status).toBe(409);
    expect(second.json).toMatchObject({ code: 'conflict', retryable: false, request_id: first.json['request_id'] });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await published('once')).toBe(1);
    expect((await call('POST', '/v1/topics/t/events', { events: [] }, 'k-after')).status).toBe(422);
  });

  it('is applied when the commit never arrived', async () => {
    await lose('before', () => publish('never', 'k-before'));
    expect(await published('never')).toBe(0);
    expect((await publish('never', 'k-before')).status).toBe(200);
    expect(await published('never')).toBe(1);
    expect((await publish('never', 'k-before')).headers.get('idempotency-replayed')).toBe('true');
    expect(await published('never')).toBe(1);
  });

  it('is not applied again where the first wrote for another project', async () => {
    await call('POST', '/v1/projects', { name: 'second' });
    const body = { name: 'made-once', role: 'read', project: 'second' };
    await lose('after', () => call('POST', '/v1/keys', body, 'k-key'));
    expect((await call('POST', '/v1/keys', body, 'k-key')).status).toBe(409);
    const { rows } = await opened.database.system.query(`select from zerodb_keys where name = 'made-once'`);
    expect(rows).toHaveLength(1);
  });

  it('is told that it was applied when only the answer could not be kept', async () => {
    const { cuts } = cutter;
    cutter.arm(KEEPS, 'before');
    const first = await publish('kept', 'k-kept');
    cutter.disarm();
    expect({ status: first.status, cuts: cutter.cuts - cuts }).toEqual({ status: 200, cuts: 1 });
    expect((await publish('kept', 'k-kept')).status).toBe(409);
    expect(await published('kept')).toBe(1);
  });

  it('leaves a request that was taken for dead no way to apply', async () => {
    const release = await holdTopics(opened);
    const first = publish('late', 'k-late');
    await eventually(async () => (await claims(opened, 'k-late')) === 1);
    await opened.database.system.query(
      `update zerodb_idempotency set created_at = created_at - interval '3 minutes' where key = 'k-late'`,
    );
    const second = publish('late', 'k-late');
    await eventually(async () => (await freshClaims(opened, 'k-late')) === 1);
    await release();
    const statuses = [(await first).status, (await second).status].sort();
    expect(statuses).toEqual([200, 409]);
    expect(await published('late')).toBe(1);
  });
});

const claims = async ({ database }: TestDatabase, key: string): Promise<number> =>
  (await database.system.query('select from zerodb_idempotency where key = $1', [key])).rowCount;

const freshClaims = async ({ database }: TestDatabase, key: string): Promise<number> =>
  (
    await database.system.query(
      `select from zerodb_idempotency where key = $1 and created_at > now() - interval '1 minute'`,
      [key],
    )
  ).rowCount;

/** Nobody publishes until the returned function is called. */
async function holdTopics({ database }: TestDatabase): Promise<() => Promise<void>> {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  let isHeld = (): void => undefined;
  const locked = new Promise<void>((resolve) => (isHeld = resolve));
  const holding = database.system.transaction(async (tx) => {
    await tx.query('lock table zerodb_event_offsets, zerodb_events in share mode');
    isHeld();
    await held;
  });
  await locked;
  return async () => (letGo(), await holding);
}
