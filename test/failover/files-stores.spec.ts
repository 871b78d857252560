import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { FaultyS3 } from '../support/faulty-s3';
import { FilesClient, randomContent, sha256Hex, type Bytes } from '../support/files';
import { emptyBucket, firstS3, objectsIn, type S3Service } from '../support/s3';
import { startServer } from '../support/server';
import { describeWith, services } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';

const MIB = 1024 * 1024;
/** As long as a machine takes to come back from a pause. */
const PAUSE_MS = 12_000;

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** What a test leaves is undone in the opposite order. */
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const start = async (environment: Record<string, string>): Promise<FilesClient> => {
  const fast = { ZERODB_FILES_SWEEP_SECONDS: '1', ZERODB_FILES_GRACE_SECONDS: '5', ZERODB_LOG_LEVEL: 'warn' };
  const server = await startServer({ ...fast, ...environment });
  undo.push(() => server.kill());
  return new FilesClient(server);
};

const folder = (): string => {
  const made = mkdtempSync(path.join(tmpdir(), 'zerodb-files-'));
  undo.push(() => rmSync(made, { recursive: true, force: true, maxRetries: 3 }));
  return made;
};

const s3Settings = (service: S3Service, endpoint = service.endpoint): Record<string, string> => {
  const bucket = `zerodb-test-${randomBytes(6).toString('hex')}`;
  undo.push(() => emptyBucket(service, bucket));
  return {
    ZERODB_S3_ENDPOINT: endpoint,
    ZERODB_S3_ACCESS_KEY: service.accessKey,
    ZERODB_S3_SECRET_KEY: service.secretKey,
    ZERODB_S3_BUCKET: bucket,
  };
};

const mustRead = async (files: FilesClient, stored: ReadonlyMap<string, Bytes>): Promise<void> => {
  for (const [at, bytes] of stored)
    expect(await files.get(at)).toMatchObject({ status: 200, sha256: sha256Hex(bytes) });
};

describe('files in a folder', () => {
  it('leave nothing of an upload that a crash cut off, and lose nothing of the others', async () => {
    const dataDir = folder();
    const first = await start({ ZERODB_DATA_DIR: dataDir });
    await first.json('PUT', '/v1/buckets/b', {});
    const kept = randomContent(9 * MIB);
    await first.put('b/kept', kept);
    await sendWithoutEnd(first, 'b/cut', 20);
    await first.server.kill();
    const again = await start({ ZERODB_DATA_DIR: dataDir });
    expect(await again.get('b/kept')).toMatchObject({ status: 200, sha256: sha256Hex(kept) });
    expect((await again.get('b/cut')).status).toBe(404);
    const report = async (): Promise<{ orphans: number; lost: number; contents: number }> => {
      const { id } = await again.json<{ id: string }>('POST', '/v1/files/verify');
      let found: { state: string; result?: { orphans: number; lost: number; contents: number } } = { state: 'running' };
      await again.until(
        'verified',
        async () => (found = await again.json('GET', `/v1/operations/${id}`)).state !== 'running',
      );
      return found.result ?? { orphans: -1, lost: -1, contents: -1 };
    };
    expect(await report()).toMatchObject({ orphans: 0, lost: 0, contents: 1 });
  });

  it('become cold, and are read from there', async () => {
    const files = await start({});
    await files.json('PUT', '/v1/buckets/b', { lifecycle: { cold_after_seconds: 1 } });
    const stored = new Map([
      ['b/small', randomContent(10)],
      ['b/large', randomContent(9 * MIB)],
    ]);
    for (const [at, bytes] of stored) await files.put(at, bytes);
    await files.until('all cold', async () => (await files.locations('b')).every((one) => one === 'cold'));
    await mustRead(files, stored);
    expect((await files.get('b/large')).by).toBe('cold');
  });

  it('announce what happens to them', async () => {
    const files = await start({});
    await files.json('PUT', '/v1/topics/changes', { changes: ['zerodb.file.*'] });
    await files.json('PUT', '/v1/buckets/b', {});
    await files.put('b/a/1', randomContent(10));
    await files.call('DELETE', '/v1/files/b/a/1');
    expect((await files.call('PUT', '/v1/files/absent/a', randomContent(1))).status).toBe(404);
    interface Event {
      readonly type: string;
      readonly subject: string;
      readonly data: { readonly size?: number };
    }
    const { data } = await files.json<{ data: Event[] }>('GET', '/v1/topics/changes/events?after=0');
    expect(data.map(({ type, subject }) => [type, subject])).toEqual([
      ['zerodb.file.created', 'buckets/b/files/a/1'],
      ['zerodb.file.deleted', 'buckets/b/files/a/1'],
    ]);
    expect(data[0]?.data.size).toBe(10);
  });
});

describeWith(firstS3)('files with an object store', () => {
  const service = firstS3 as S3Service;

  it('move to one that is attached later', async () => {
    const dataDir = folder();
    const before = await start({ ZERODB_DATA_DIR: dataDir });
    await before.json('PUT', '/v1/buckets/b', {});
    const stored = new Map([0, 100, MIB, 9 * MIB].map((size) => [`b/${size}`, randomContent(size)]));
    for (const [at, bytes] of stored) expect((await before.put(at, bytes)).location).toBe('filesystem');
    await before.server.stop();
    const settings = s3Settings(service);
    const after = await start({ ZERODB_DATA_DIR: dataDir, ...settings });
    await mustRead(after, stored);
    await after.until('all moved', async () => (await after.locations('b')).every((one) => one === 'object_store'));
    await mustRead(after, stored);
    const objects = await objectsIn(service, settings.ZERODB_S3_BUCKET ?? '');
    expect(objects.filter(({ name }) => name.startsWith('p'))).toHaveLength(stored.size);
  });

  it('lose and refuse nothing while its server stands still, in the middle of what it does', async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const proxy = new TcpProxy(listen, new URL(service.endpoint).host);
    await proxy.open();
    undo.push(() => proxy.refuse());
    const files = await start(s3Settings(service, `http://${listen}`));
    await files.untilServiceIs('object_store', 'up');
    await files.json('PUT', '/v1/buckets/b', { mirror: true });
    const stored = new Map<string, Bytes>();
    const store = async (at: string, size: number): Promise<void> => {
      const bytes = randomContent(size);
      await files.put(at, bytes);
      stored.set(at, bytes);
    };
    await store('b/before', 20 * MIB);
    const under = [store('b/under-1', 30 * MIB), store('b/under-2', 3 * MIB)];
    const reading = files.get('b/before');
    await sleep(100);
    proxy.freeze();
    const end = Date.now() + PAUSE_MS;
    for (let index = 0; Date.now() < end; index += 1) {
      await store(`b/during-${index}`, 1_000 + index * MIB);
      await mustRead(files, stored);
    }
    await Promise.all(under);
    expect(await reading).toMatchObject({ status: 200 });
    proxy.thaw();
    await files.until('all at home', async () => (await files.locations('b')).every((one) => one === 'object_store'));
    await mustRead(files, stored);
  });

  it('are made anew from their mirror when the bucket itself was removed', async () => {
    const settings = s3Settings(service);
    const bucket = settings.ZERODB_S3_BUCKET ?? '';
    const files = await start(settings);
    await files.untilServiceIs('object_store', 'up');
    await files.json('PUT', '/v1/buckets/b', { mirror: true });
    const stored = new Map([100, MIB].map((size) => [`b/${size}`, randomContent(size)]));
    for (const [at, bytes] of stored) await files.put(at, bytes);
    const contents = async (): Promise<number> =>
      (await objectsIn(service, bucket)).filter(({ name }) => name.startsWith('p')).length;
    await emptyBucket(service, bucket);
    await mustRead(files, stored);
    await files.untilServiceIs('object_store', 'down');
    await files.untilServiceIs('object_store', 'up', 25_000);
    await files.until('made anew', async () => (await contents()) === stored.size);
    await mustRead(files, stored);
  });

  it('say 507 when it is full and the spool is full as well, and 201 as long as that has room', async () => {
    const faulty = await FaultyS3.before(service);
    undo.push(() => faulty.close());
    const spool = { ZERODB_SPOOL_FILE_BYTES: String(4 * MIB), ZERODB_SPOOL_BYTES: String(5 * MIB) };
    const files = await start({ ...s3Settings(service, faulty.endpoint), ...spool });
    await files.untilServiceIs('object_store', 'up');
    await files.json('PUT', '/v1/buckets/b', {});
    const stored = new Map([
      ['b/before', randomContent(MIB)],
      ['b/spooled', randomContent(3 * MIB)],
    ]);
    await files.put('b/before', stored.get('b/before') as Bytes);
    faulty.set('full');
    expect((await files.put('b/spooled', stored.get('b/spooled') as Bytes)).location).toBe('spool');
    expect((await files.call('PUT', '/v1/files/b/no-room', randomContent(3 * MIB))).status).toBe(507);
    expect((await files.call('PUT', '/v1/files/b/too-large', randomContent(9 * MIB))).status).toBe(507);
    await mustRead(files, stored);
    expect(await files.locations('b')).toHaveLength(2);
    faulty.set('none');
    await files.until('all at home', async () => (await files.locations('b')).every((one) => one === 'object_store'));
    await mustRead(files, stored);
  });

  it('say 503 when it is out of service and the spool has no room, and change nothing', async () => {
    const faulty = await FaultyS3.before(service);
    undo.push(() => faulty.close());
    const spool = { ZERODB_SPOOL_FILE_BYTES: String(4 * MIB), ZERODB_SPOOL_BYTES: String(5 * MIB) };
    const files = await start({ ...s3Settings(service, faulty.endpoint), ...spool });
    await files.untilServiceIs('object_store', 'up');
    await files.json('PUT', '/v1/buckets/b', {});
    faulty.set('refuse');
    expect((await files.put('b/spooled', randomContent(3 * MIB))).location).toBe('spool');
    for (const [key, size] of [
      ['no-room', 3],
      ['too-large', 9],
    ] as const) {
      const refused = await files.call('PUT', `/v1/files/b/${key}`, randomContent(size * MIB));
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await refused.json()).toMatchObject({ code: 'unavailable', outcome: 'not_applied', retryable: true });
      expect((await files.get(`b/${key}`)).status).toBe(404);
    }
  });

  it('are stored by clients that send them to it directly', async () => {
    const settings = s3Settings(service);
    const files = await start(settings);
    await files.untilServiceIs('object_store', 'up');
    await files.json('PUT', '/v1/buckets/b', {});
    const bytes = randomContent(9 * MIB);
    const begin = async (more: object): Promise<{ url: string; ticket: string }> =>
      files.json('POST', '/v1/files/b/presign', { key: 'direct', method: 'PUT', direct: true, ...more });
    const complete = (ticket: string): Promise<Response> =>
      fetch(`${files.server.url}/v1/files/b/complete`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ticket }),
      });
    const { url, ticket } = await begin({ sha256: sha256Hex(bytes), content_type: 'image/png' });
    expect((await complete(ticket)).status).toBe(409);
    expect((await fetch(url, { method: 'PUT', body: bytes })).status).toBe(200);
    expect((await files.get('b/direct')).status).toBe(404);
    expect((await complete(`${ticket}x`)).status).toBe(403);
    const made = await complete(ticket);
    expect(made.status).toBe(201);
    const answer = (await made.json()) as Record<string, unknown>;
    const again = await complete(ticket);
    expect([again.status, await again.json()]).toEqual([201, answer]);
    expect(answer).toMatchObject({
      sha256: sha256Hex(bytes),
      content_type: 'image/png',
      size: bytes.length,
    });
    expect(await files.get('b/direct')).toMatchObject({ status: 200, sha256: sha256Hex(bytes) });
    // The URL is used once more: that harms nothing.
    await fetch(url, { method: 'PUT', body: randomContent(5) });
    expect(await files.get('b/direct')).toMatchObject({ status: 200, sha256: sha256Hex(bytes) });
    const wrong = await begin({ key: 'wrong', sha256: sha256Hex(bytes) });
    await fetch(wrong.url, { method: 'PUT', body: randomContent(10) });
    expect((await complete(wrong.ticket)).status).toBe(422);
    const large = await begin({ key: 'large', max_bytes: 9 });
    await fetch(large.url, { method: 'PUT', body: randomContent(10) });
    expect((await complete(large.ticket)).status).toBe(413);
    expect(await files.locations('b')).toEqual(['object_store']);
  });

  describeWith(services.postgresUrl)('and a Postgres that goes away', () => {
    let opened: TestDatabase;

    beforeEach(async () => {
      opened = await openTestDatabase('server');
    });

    afterEach(async () => {
      await opened.drop();
    });

    it.each(['refuse', 'freeze'] as const)('are still read: %s', async (fault) => {
      if (opened.options.engine !== 'server') throw new Error('A server was asked for.');
      const direct = new URL(opened.options.url);
      const listen = `127.0.0.1:${await freePort()}`;
      const proxy = new TcpProxy(listen, direct.host);
      await proxy.open();
      undo.push(() => proxy.refuse());
      direct.host = listen;
      const files = await start({ ...s3Settings(service), ZERODB_POSTGRES_URL: direct.href });
      await files.untilServiceIs('object_store', 'up');
      await files.json('PUT', '/v1/buckets/b', { access: 'public-read' });
      const stored = new Map([
        ['b/written', randomContent(3 * MIB)],
        ['b/read', randomContent(100)],
      ]);
      for (const [at, bytes] of stored) await files.put(at, bytes);
      await files.put('b/gone', randomContent(10));
      await files.call('DELETE', '/v1/files/b/gone');
      await mustRead(files, stored);
      expect(await files.get('b/read')).toMatchObject({ degraded: 'false' });
      await (fault === 'refuse' ? proxy.refuse() : proxy.freeze());
      for (let round = 0; round < 8; round += 1) {
        await mustRead(files, stored);
        await sleep(500);
      }
      expect(await files.get('b/read')).toMatchObject({ by: 'object_store', degraded: 'true' });
      expect((await files.get('b/gone')).status).toBe(503);
      expect((await files.call('PUT', '/v1/files/b/new', randomContent(10))).status).toBe(503);
      await (fault === 'refuse' ? proxy.open() : proxy.thaw());
      await files.until('as before', async () => (await files.get('b/read')).degraded === 'false');
      expect((await files.get('b/gone')).status).toBe(404);
      expect((await files.put('b/new', randomContent(10))).location).toBe('object_store');
    });
  });
});

/** Begins an upload that never ends; resolves when so many MiB are on their way. Its end is nobody's surprise. */
const sendWithoutEnd = async ({ server }: FilesClient, at: string, mebibytes: number): Promise<void> => {
  const headers = { authorization: `Bearer ${server.rootKey}`, 'content-length': 1_000 * MIB };
  const outgoing = request(`${server.url}/v1/files/${at}`, { method: 'PUT', headers });
  outgoing.on('error', () => undefined);
  for (let sent = 0; sent < mebibytes; sent += 1) {
    await new Promise<void>((resolve) => outgoing.write(randomContent(MIB), () => resolve()));
  }
};
