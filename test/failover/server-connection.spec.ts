import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from '../../src/common/scope';
import { Random } from '../../src/chaos/random';
import { TcpFaultProxy } from '../../src/chaos/tcp-fault-proxy';
import { ServerDatabase } from '../../src/database/server/server-database';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { describeWith, services } from '../support/services';
import { ToxicProxy } from '../support/toxiproxy';
import { endsBefore } from '../support/ends-before';

const scope: Scope = { projectId: 1, projectName: 'default' };
const { postgresUrl = '', toxiproxyUrl = '' } = services;

describeWith(postgresUrl && toxiproxyUrl)('a Postgres server behind a failing network', () => {
  let opened: TestDatabase;
  let proxy: ToxicProxy;
  let db: ServerDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase('server');
    if (opened.options.engine !== 'server') return;
    const url = new URL(opened.options.url);
    proxy = await ToxicProxy.create(toxiproxyUrl, url.host);
    url.host = proxy.address;
    db = new ServerDatabase({
      url: url.href,
      poolSize: 6,
      limits: { readMs: 300, writeMs: 300, acquireMs: 2_000 },
    });
  });
  afterAll(async () => {
    await db.close();
    await proxy.remove();
    await opened.drop();
  });

  const fill = (): Promise<unknown> =>
    Promise.all(Array.from({ length: 10 }, () => db.query(scope, 'SELECT pg_sleep(0.02)')));

  it('fails in time while bytes vanish, and heals with the network', async () => {
    await fill();
    await proxy.blackHole();
    const asked = Promise.allSettled(Array.from({ length: 8 }, () => db.query(scope, 'SELECT 1')));
    expect(await endsBefore(3_500, asked)).toBe(true);
    const during = await asked;
    expect(during.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'rejected'));
    expect(during[0]).toMatchObject({ reason: { code: 'unavailable', status: 503 } });
    await expect(db.ping(AbortSignal.timeout(200))).rejects.toMatchObject({ code: 'unavailable' });

    await proxy.heal();
    const after = await Promise.all(Array.from({ length: 12 }, () => db.query(scope, 'SELECT 1 AS one')));
    expect(after.every(({ rowCount }) => rowCount === 1)).toBe(true);
    await expect(db.ping(AbortSignal.timeout(2_000))).resolves.toBeUndefined();
  });

  it('rolls a transaction back whose connection vanished, and says so', async () => {
    const hung = db.transaction(
      scope,
      async (tx) => {
        await tx.query('SELECT 1');
        await proxy.blackHole();
        await tx.query('SELECT 1');
      },
      { timeoutMs: 200 },
    );
    await expect(hung).rejects.toMatchObject({ code: 'unavailable' });
    await proxy.heal();
    await expect(db.query(scope, 'SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
  });

  it('does not claim that nothing happened when the answer to a write was lost', async () => {
    await db.system.query('SELECT 1');
    await proxy.blackHole();
    const lost = db.system.query(`UPDATE zerodb_projects SET name = 'default' WHERE name = 'default'`);
    await expect(lost).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('may have been applied') as string,
    });
    await proxy.heal();
  });

  it('refuses at once while the server is down, and serves when it is back', async () => {
    await proxy.setEnabled(false);
    const asked = db.query(scope, 'SELECT 1');
    expect(await endsBefore(1_000, asked)).toBe(true);
    await expect(asked).rejects.toMatchObject({ code: 'unavailable' });
    await proxy.setEnabled(true);
    await expect(db.query(scope, 'SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
  });

  it('does not show a terminated idle connection to a reader', async () => {
    await fill();
    await opened.database.system.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    const answers = await Promise.all(Array.from({ length: 12 }, () => db.query(scope, 'SELECT 1')));
    expect(answers.every(({ rowCount }) => rowCount === 1)).toBe(true);
  });

  it('fails a terminated transaction as unavailable and goes on', async () => {
    const killed = db.transaction(scope, async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await opened.database.system.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await tx.query('SELECT 1');
    });
    await expect(killed).rejects.toMatchObject({ code: 'unavailable' });
    await expect(db.query(scope, 'SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
  });
});

describeWith(postgresUrl)('a Postgres server whose connections or locks keep a statement waiting', () => {
  let opened: TestDatabase;
  let proxy: TcpFaultProxy;
  let db: ServerDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase('server');
    if (opened.options.engine !== 'server') return;
    const url = new URL(opened.options.url);
    proxy = await TcpFaultProxy.open({ host: url.hostname, port: Number(url.port) }, new Random(1));
    url.host = proxy.address;
    // A read may take as long as it likes: what ends its wait is what others hear.
    db = new ServerDatabase({ url: url.href, poolSize: 6, limits: { readMs: 60_000, acquireMs: 2_000 } });
  });
  afterEach(() => proxy.inject({ kind: 'none' }));
  afterAll(async () => {
    await db.close();
    await proxy.close();
    await opened.drop();
  });

  const write = `UPDATE zerodb_projects SET name = name WHERE name = 'default'`;

  const silenced = async <T>(work: () => Promise<T>): Promise<{ readonly answer: Promise<T> }> => {
    await Promise.all([db.query(scope, 'SELECT 1'), db.system.query('SELECT 1'), db.ping(AbortSignal.timeout(2_000))]);
    await proxy.inject({ kind: 'black_hole', existingOnly: true });
    const answer = work();
    answer.catch(() => undefined);
    await db.ping(AbortSignal.timeout(300)).catch(() => undefined);
    await db.ping(AbortSignal.timeout(5_000));
    return { answer };
  };

  it('reads again on a new one what was being read, once the pulse has an answer', async () => {
    const { answer } = await silenced(() => db.query(scope, 'SELECT 1 AS one'));
    await expect(answer).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  it('tries a new one when all are silent, before the pulse gives up', async () => {
    await Promise.all([db.query(scope, 'SELECT 1'), db.ping(AbortSignal.timeout(2_000))]);
    await proxy.inject({ kind: 'black_hole', existingOnly: true });
    const answer = db.query(scope, 'SELECT 1 AS one');
    await expect(endsBefore(10_000, db.ping(AbortSignal.timeout(60_000)))).resolves.toBe(true);
    await expect(answer).resolves.toMatchObject({ rows: [{ one: 1 }] });
    expect(db.silentMs).toBe(0);
  });

  it('knows since when nobody is answered, and that it is nobody’s fault while nobody asks', async () => {
    await db.ping(AbortSignal.timeout(2_000));
    await proxy.inject({ kind: 'black_hole' });
    await sleep(100);
    expect(db.silentMs).toBe(0);
    await expect(db.ping(AbortSignal.timeout(300))).rejects.toMatchObject({ code: 'unavailable' });
    expect(db.silentMs).toBeGreaterThan(100);
    await proxy.inject({ kind: 'none' });
    await db.ping(AbortSignal.timeout(5_000));
    expect(db.silentMs).toBe(0);
  });

  it('makes a new one for a project whose own could not be prepared', async () => {
    const other: Scope = { projectId: 2, projectName: 'other' };
    const { answer } = await silenced(() => db.query(other, 'SELECT 1 AS one'));
    await expect(answer).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  it('blames the other change for a lock that is not free in time, not Postgres', async () => {
    const refused = db.system.transaction(async (holder) => {
      await holder.query(write);
      return await db.system.query(write).catch((error: unknown) => error);
    });
    await expect(refused).resolves.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('Another change of the same data') as string,
    });
  });

  it('never repeats a write', async () => {
    const { answer } = await silenced(() => db.system.query(write));
    const settled = answer.then(
      () => 'answered',
      () => 'failed',
    );
    // Its connection stays until its own limit, and the outcome is unknown then.
    expect(await endsBefore(1_000, settled)).toBe(false);
    await proxy.inject({ kind: 'none' });
    await expect(answer).rejects.toMatchObject({ outcome: 'unknown' });
  });
});
