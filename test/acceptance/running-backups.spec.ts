import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

interface Operation {
  readonly state: string;
  readonly result: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Real: the product's process, which makes backups of itself while it serves. */
const suite = (engine: 'embedded' | 'server') => (): void => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'zerodb-running-backups-'));
  const [place, dataDir] = [path.join(folder, 'backups'), path.join(folder, 'data')];
  let test: TestDatabase | undefined;
  let server: TestServer;
  let call: (target: string, request?: Parameters<ReturnType<typeof clientOf>>[1]) => Promise<Answer>;

  beforeAll(async () => {
    if (engine === 'server') test = await openTestDatabase('server');
    const url = test ? (test.options as { url: string }).url : undefined;
    server = await startServer({
      ZERODB_BACKUP_TO: place,
      ZERODB_DATA_DIR: dataDir,
      ZERODB_RATE_LIMIT: '100000',
      // Nothing is refused for load: on a busy machine the writes only take longer.
      ZERODB_ADMISSION: 'off',
      ...(url === undefined ? {} : { ZERODB_POSTGRES_URL: url }),
    });
    const client = clientOf(server.url);
    call = (target, request) => client(target, { key: server.rootKey, ...request });
    await call('/v1/collections/c', { method: 'PUT', body: { dimension: 2 } });
    await call('/v1/buckets/b', { method: 'PUT', body: {} });
    await call('/v1/files/b/kept', { method: 'PUT', raw: 'kept', headers: { 'content-type': 'text/plain' } });
  });
  afterAll(async () => {
    await server?.stop();
    await test?.drop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const upsert = async (id: string): Promise<number> =>
    (
      await call('/v1/collections/c/records', {
        method: 'PUT',
        headers: { 'request-timeout': '30000' },
        body: { records: [{ id, vector: [1, 0] }] },
      })
    ).status;
  const ended = async (id: unknown): Promise<Operation> =>
    eventually(
      async () => (await call(`/v1/operations/${String(id)}`)).json as unknown as Operation,
      ({ state }) => state === 'succeeded' || state === 'failed',
      120_000,
    );
  const listed = async (): Promise<Record<string, unknown>[]> =>
    (await call('/v1/backups')).json.data as Record<string, unknown>[];

  it('backs itself up while it is written to, one backup at a time', async () => {
    expect(await upsert('before')).toBe(200);
    expect((await call('/v1/backups')).json).toMatchObject({ place, data: [], damaged: [] });
    const begun = await call('/v1/backups', { method: 'POST' });
    expect(begun.status).toBe(202);
    expect((await call('/v1/backups', { method: 'POST' })).status).toBe(409);
    const writes = await Promise.all(Array.from({ length: 20 }, (_, at) => upsert(`meanwhile-${at}`)));
    expect(new Set(writes)).toEqual(new Set([200]));
    const { state, result, error } = await ended(begun.json.id);
    expect([state, error]).toEqual(['succeeded', undefined]);
    expect(result).toMatchObject({ missing_files: 0 });
    const [backup] = await listed();
    expect(backup).toMatchObject({ id: result.backup, engine, files: 1, encrypted: false });
    expect(Number(backup?.records)).toBeGreaterThanOrEqual(1);
    if (engine === 'embedded') expect(readdirSync(dataDir).filter((name) => name.includes('.new-'))).toEqual([]);

    const checked = await call('/v1/backups/latest/verify', { body: { deep: true } });
    expect((await ended(checked.json.id)).result).toMatchObject({ whole: true, restored: true, faults: [] });
    const unknown = await call('/v1/backups/nothing-like-it/verify', { body: {} });
    expect((await ended(unknown.json.id)).state).toBe('failed');
  }, 180_000);

  // The schedule does not know the engine.
  if (engine === 'embedded') return;

  it('backs itself up by a schedule, and keeps what it is told to', async () => {
    expect((await call('/v1/backups/schedule')).json).toMatchObject({ schedule: null, state: { next_at: null } });
    const bad = await call('/v1/backups/schedule', { method: 'PUT', body: { every_minutes: 0 } });
    expect(bad.status).toBe(422);
    const before = (await listed()).map(({ id }) => id);
    // As if the last one were long ago.
    await test?.database.system.query(`delete from zerodb_settings where name = 'backup.state'`);
    const set = await call('/v1/backups/schedule', { method: 'PUT', body: { every_minutes: 1, keep_last: 1 } });
    expect(set.json.schedule).toEqual({ every_minutes: 1, keep_last: 1 });
    const kept = await eventually(
      listed,
      (backups) => backups.length === 1 && !before.includes(backups[0]?.id),
      150_000,
    );
    expect(kept).toHaveLength(1);
    expect((await call('/v1/backups/schedule')).json.state).toMatchObject({ backup: kept[0]?.id, error: null });
    expect((await call('/v1/backups/schedule', { method: 'DELETE' })).status).toBe(204);
    expect((await call('/v1/backups/schedule', { method: 'DELETE' })).status).toBe(404);
  }, 180_000);
};

describe('backups of a running embedded installation', suite('embedded'));
describeWith(services.postgresUrl)(
  'backups of a running installation on a Postgres server (ZERODB_TEST_POSTGRES_URL)',
  suite('server'),
);
