import { randomBytes } from 'node:crypto';
import { FAILPOINTS, type Failpoint } from '../../src/common/failpoint';
import { QdrantClient } from '../../src/collections/adapters/qdrant/qdrant-client';
import { QdrantTarget } from '../../src/collections/adapters/qdrant/qdrant-target';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

const { postgresUrl, qdrantUrl = '' } = services;
const DIMENSION = 4;
const DEATH_MS = 60_000;
/** Several, so that both replicas have builds to make. */
const MORE = ['more-1', 'more-2', 'more-3', 'more-4'];
/** A lease of the dead, and what follows. */
const CONVERGE_MS = 90_000;

/** Real: two processes of ZeroDB, Postgres, Qdrant. One process dies at every place of the follower's cycle in turn. */
describeWith(postgresUrl && qdrantUrl)('two replicas, one of which dies at each failpoint', () => {
  const prefix = `t${randomBytes(5).toString('hex')}`;
  const acknowledged = new Map<string, number | null>();
  let opened: TestDatabase;
  let survivor: TestServer;
  let environment: Record<string, string>;

  beforeAll(async () => {
    opened = await openTestDatabase('server');
    if (opened.options.engine !== 'server') return;
    environment = {
      ZERODB_POSTGRES_URL: opened.options.url,
      ZERODB_QDRANT_URL: qdrantUrl,
      ZERODB_QDRANT_PREFIX: prefix,
      ZERODB_DRIFT_STEP_MS: '0',
    };
    survivor = await startServer(environment);
    await call(survivor, 'PUT', '/v1/collections/docs', { dimension: DIMENSION });
    for (const name of MORE) {
      await call(survivor, 'PUT', `/v1/collections/${name}`, { dimension: DIMENSION });
      await call(survivor, 'PUT', `/v1/collections/${name}/records`, { records: [{ id: 'a', vector: [1, 0, 0, 0] }] });
    }
  });

  afterAll(async () => {
    await survivor.stop();
    await opened.drop();
    const client = new QdrantClient({ urls: [qdrantUrl] });
    const target = new QdrantTarget(client, prefix);
    const signal = AbortSignal.timeout(30_000);
    for (const copy of await target.list(signal)) await target.drop(copy, signal);
    await client.call({ method: 'DELETE', path: `/collections/${prefix}_mark`, signal });
    await client.close();
  });

  it('lose nothing that was acknowledged and end with Qdrant equal to the record', async () => {
    for (const failpoint of FAILPOINTS) await dieAt(failpoint);
    await eventually(isLevel, Boolean, CONVERGE_MS);
    const record = await versions();
    expect(await copied()).toEqual(record);
    for (const [id, version] of acknowledged) {
      if (version === null) expect(record).not.toHaveProperty(id);
      else expect(record[id]).toBeGreaterThanOrEqual(version);
    }
  });

  async function dieAt(failpoint: Failpoint): Promise<void> {
    const victim = await startServer({ ...environment, ZERODB_FAILPOINT: failpoint });
    let isAlive = true;
    const death = waitForEnd(victim).then(() => (isAlive = false));
    const work = Promise.all([
      write(survivor, `s-${failpoint}`, () => isAlive),
      write(victim, `v-${failpoint}`, () => isAlive),
    ]);
    const builds = ['backfill.mid-page', 'copy.before-switch', 'copy.mid-verify'].includes(failpoint);
    const rebuild = async (): Promise<void> => {
      while (isAlive && builds) {
        await call(survivor, 'POST', '/v1/services/qdrant/rebuild').catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
      }
    };
    const rebuilding = rebuild();
    const late = setTimeout(() => void victim.stop(), DEATH_MS);
    await death;
    clearTimeout(late);
    await Promise.all([work, rebuilding]);
    expect([failpoint, await victim.stop()]).toEqual([failpoint, null]);
  }

  /** Its own exit: nothing answers any more. */
  async function waitForEnd(server: TestServer): Promise<void> {
    for (;;) {
      const isThere = await fetch(`${server.url}/health`).then(
        () => true,
        () => false,
      );
      if (!isThere) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What is refused or cut off may have happened or not; what is acknowledged is remembered. */
  async function write(server: TestServer, name: string, mayGoOn: () => boolean): Promise<void> {
    for (let turn = 0; mayGoOn(); turn += 1) {
      const ids = [0, 1, 2].map((index) => `${name}-${(turn * 3 + index) % 30}`);
      try {
        const records = ids.map((id) => ({ id, vector: [1, turn, Math.random(), 0.5] }));
        await call(server, 'PUT', '/v1/collections/docs/records', { records });
        const { version } = await call<{ version: number }>(server, 'GET', `/v1/collections/docs/records/${ids[0]}`);
        acknowledged.set(String(ids[0]), version);
        await call(server, 'DELETE', `/v1/collections/docs/records/${ids[2]}`);
        acknowledged.set(String(ids[2]), null);
      } catch {
        for (const id of ids) acknowledged.delete(id);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function isLevel(): Promise<boolean> {
    const unsent = `select from zerodb_dirty where sent_at is null and recheck_at is null`;
    if ((await opened.database.system.query(unsent)).rowCount > 0) return false;
    const builds = `select from zerodb_copies where state in ('building', 'verifying')`;
    return (await opened.database.system.query(builds)).rowCount === 0;
  }

  async function versions(): Promise<Record<string, number>> {
    const collection = `select id from zerodb_collections where name = 'docs'`;
    const [row] = (await opened.database.system.query<{ id: number }>(collection)).rows;
    const sql = `select id, version from zerodb_vectors_${row?.id} order by id`;
    const { rows } = await opened.database.system.query<{ id: string; version: number }>(sql);
    return Object.fromEntries(rows.map(({ id, version }) => [id, version]));
  }

  async function copied(): Promise<Record<string, number>> {
    const sql = `select c.epoch, c.collection_id, c.project_id from zerodb_copies c join zerodb_collections k on k.id = c.collection_id
      where c.state = 'serving' and k.name = 'docs'`;
    const [row] = (
      await opened.database.system.query<{ epoch: string; collection_id: number; project_id: number }>(sql)
    ).rows;
    if (!row) throw new Error('No copy serves.');
    const client = new QdrantClient({ urls: [qdrantUrl] });
    const copy = {
      collectionId: row.collection_id,
      projectId: row.project_id,
      epoch: row.epoch,
      dimension: DIMENSION,
      metric: 'cosine' as const,
      indexes: [],
    };
    const { entries } = await new QdrantTarget(client, prefix).scan(
      copy,
      { limit: 10_000 },
      AbortSignal.timeout(10_000),
    );
    await client.close();
    return Object.fromEntries(entries.map(({ id, version }) => [id, version]));
  }
});

async function call<T>(server: TestServer, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(server.url + path, {
    method,
    headers: {
      authorization: `Bearer ${server.rootKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json().catch(() => undefined)) as T;
}
