import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

interface Entry {
  readonly action: string;
  readonly outcome: string;
  readonly resource: { readonly bucket: string };
}

/** Real: the product's process on the embedded Postgres, killed with acts under way. */
describe('the audit log of a process that is killed', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-audit-kill-'));
  let server: TestServer;
  const start = async (): Promise<void> => {
    server = await startServer({ ZERODB_DATA_DIR: folder, ZERODB_RATE_LIMIT: '100000' });
  };
  const call = (target: string, method = 'GET', body?: unknown): ReturnType<ReturnType<typeof clientOf>> =>
    clientOf(server.url)(target, { method, key: server.rootKey, ...(body === undefined ? {} : { body }) });

  beforeAll(start);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has an entry of every act that was done, and of no other', async () => {
    const acknowledged: string[] = [];
    const work = Array.from({ length: 4 }, async (_, lane) => {
      for (let number = 0; ; number += 1) {
        const bucket = `b${lane}-${number}`;
        const { status } = await call(`/v1/buckets/${bucket}`, 'PUT', {});
        if (status === 201) acknowledged.push(bucket);
      }
    }).map((lane) => lane.catch(() => undefined));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await server.kill();
    await Promise.all(work);
    expect(acknowledged.length).toBeGreaterThan(5);
    await start();

    const { json } = await call('/v1/audit?action=putBucket&limit=1000');
    const told = (json.data as Entry[])
      .filter(({ outcome }) => outcome === 'ok')
      .map(({ resource }) => resource.bucket);
    const buckets = ((await call('/v1/buckets?limit=1000')).json.data as { name: string }[]).map(({ name }) => name);
    expect(told.sort()).toEqual(buckets.sort());
    expect(buckets).toEqual(expect.arrayContaining(acknowledged));
    expect((await call('/v1/audit/verify', 'POST')).json).toMatchObject({ valid: true, entries: told.length });
  }, 60_000);
});
