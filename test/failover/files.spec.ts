import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultyS3, type S3Fault } from '../support/faulty-s3';
import { emptyBucket, firstS3, objectsIn, s3Client, type S3Service } from '../support/s3';
import { describeWith } from '../support/services';
import { startServer, type TestServer } from '../support/server';

const MIB = 1024 * 1024;
const RECOVERY_MS = 60_000;
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Real: the product's process, an S3 server. In between: a proxy that breaks what it is told to. */
describeWith(firstS3)('files while the object store fails', () => {
  const service = firstS3 as S3Service;
  let faulty: FaultyS3;
  let server: TestServer;
  const buckets: string[] = [];

  beforeEach(async () => {
    const bucket = `zerodb-test-${randomBytes(6).toString('hex')}`;
    buckets.push(bucket);
    faulty = await FaultyS3.before(service);
    server = await startServer({
      ZERODB_S3_ENDPOINT: faulty.endpoint,
      ZERODB_S3_ACCESS_KEY: service.accessKey,
      ZERODB_S3_SECRET_KEY: service.secretKey,
      ZERODB_S3_BUCKET: bucket,
      ZERODB_FILES_GRACE_SECONDS: '5',
      ZERODB_FILES_SWEEP_SECONDS: '1',
      ZERODB_LOG_LEVEL: 'warn',
    });
    await until('the object store is used', async () => {
      const { state } = (await (await call('GET', '/v1/services/object_store')).json()) as { state: string };
      return state === 'up';
    });
    await put('PUT', '/v1/buckets/plain', '{}');
    await put('PUT', '/v1/buckets/mirrored', '{"mirror": true}');
  });

  afterEach(async () => {
    faulty.set('none');
    await server.stop();
    await faulty.close();
    for (const bucket of buckets.splice(0)) await emptyBucket(service, bucket);
  });

  const call = async (method: string, path: string, body?: string | Uint8Array<ArrayBuffer>): Promise<Response> =>
    await fetch(`${server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${server.rootKey}`,
        'content-type': typeof body === 'string' ? 'application/json' : 'application/octet-stream',
      },
      ...(body === undefined ? {} : { body }),
    });

  const put = async (method: string, path: string, body: string | Uint8Array<ArrayBuffer>) => {
    const answer = await call(method, path, body);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as { location: string; sha256: string };
  };

  const get = async (path: string): Promise<{ status: number; sha256: string; by: string | null }> => {
    const answer = await call('GET', path);
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, sha256: sha(bytes), by: answer.headers.get('zerodb-served-by') };
  };

  const random = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(size));

  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + RECOVERY_MS; Date.now() < end; await sleep(250)) if (await holds()) return;
    throw new Error(`Not within ${RECOVERY_MS} ms: ${what}\n${server.logs().slice(-2_000)}`);
  };

  const locationOf = async (bucket: string, prefix: string): Promise<string[]> => {
    const { data } = (await (await call('GET', `/v1/files/${bucket}?prefix=${prefix}&limit=100`)).json()) as {
      data: { location: string }[];
    };
    return data.map(({ location }) => location);
  };

  it.each<S3Fault>(['refuse', 'freeze', 'busy', 'forbidden', 'hole'])(
    'loses and refuses nothing while it does: %s',
    async (fault) => {
      const before = { small: random(20_000), large: random(20 * MIB) };
      for (const [name, bytes] of Object.entries(before)) {
        expect((await put('PUT', `/v1/files/mirrored/before/${name}`, bytes)).location).toBe('object_store');
      }
      faulty.set(fault);
      const during = [random(100), random(MIB), random(9 * MIB), random(30 * MIB)];
      for (const [index, bytes] of during.entries()) {
        const { sha256, location } = await put('PUT', `/v1/files/plain/during/${index}`, bytes);
        expect(sha256).toBe(sha(bytes));
        if (fault !== 'hole') expect(location).toBe('spool');
        expect(await get(`/v1/files/plain/during/${index}`)).toMatchObject({ status: 200, sha256 });
      }
      for (const [name, bytes] of Object.entries(before)) {
        const got = await get(`/v1/files/mirrored/before/${name}`);
        expect(got).toMatchObject({ status: 200, sha256: sha(bytes) });
        if (fault !== 'hole') expect(got.by).toBe('mirror');
      }
      faulty.set('none');
      await until('all at home', async () =>
        (await locationOf('plain', 'during/')).every((location) => location === 'object_store'),
      );
      for (const [index, bytes] of during.entries()) {
        await until('read from home', async () => (await get(`/v1/files/plain/during/${index}`)).by === 'object_store');
        expect((await get(`/v1/files/plain/during/${index}`)).sha256).toBe(sha(bytes));
      }
    },
    240_000,
  );

  it('goes on when it fails in the middle of an upload', async () => {
    const bytes = random(40 * MIB);
    const sending = put('PUT', '/v1/files/plain/cut', bytes);
    await sleep(60);
    faulty.set('refuse');
    expect((await sending).sha256).toBe(sha(bytes));
    expect(await get('/v1/files/plain/cut')).toMatchObject({ status: expect.any(Number) as number });
    faulty.set('none');
    await until('readable', async () => (await get('/v1/files/plain/cut')).status === 200);
    expect((await get('/v1/files/plain/cut')).sha256).toBe(sha(bytes));
  });

  it.each<S3Fault>(['truncate', 'corrupt'])(
    'never gives out wrong bytes: %s',
    async (fault) => {
      const bytes = random(5 * MIB);
      await put('PUT', '/v1/files/mirrored/a', bytes);
      await put('PUT', '/v1/files/plain/b', random(5 * MIB));
      faulty.set(fault);
      for (let tries = 0; tries < 3; tries += 1) {
        expect(await get('/v1/files/mirrored/a')).toMatchObject({ status: 200, sha256: sha(bytes) });
      }
      const alone = await get('/v1/files/plain/b').catch(() => ({ status: 0 }));
      expect([0, 503]).toContain(alone.status);
      faulty.set('none');
      await until('served from home again', async () => (await get('/v1/files/mirrored/a')).by === 'object_store');
      await until('the other one too', async () => (await get('/v1/files/plain/b')).status === 200);
    },
    180_000,
  );

  it('repairs an object that was changed at rest, and one that was removed', async () => {
    const bucket = buckets[0] ?? '';
    const bytes = random(3 * MIB);
    await put('PUT', '/v1/files/mirrored/a', bytes);
    const [object] = (await objectsIn(service, bucket)).filter(({ size }) => size === bytes.length);
    const hurt = Buffer.from(bytes);
    hurt[2 * MIB] = (hurt[2 * MIB] ?? 0) ^ 0xff;
    await s3Client(service).putObject(bucket, object?.name ?? '', hurt, hurt.length);
    expect(await get('/v1/files/mirrored/a')).toMatchObject({ status: 200, sha256: sha(bytes) });
    const wholeAgain = async (): Promise<boolean> =>
      (await objectsIn(service, bucket)).some(({ name, size }) => name !== object?.name && size === bytes.length);
    await until('repaired', wholeAgain);
    await until('from home', async () => (await get('/v1/files/mirrored/a')).by === 'object_store');
    for (const { name } of await objectsIn(service, bucket)) {
      if (name.startsWith('p')) await s3Client(service).removeObject(bucket, name);
    }
    expect(await get('/v1/files/mirrored/a')).toMatchObject({ status: 200, sha256: sha(bytes), by: 'mirror' });
    await until('from home again', async () => (await get('/v1/files/mirrored/a')).by === 'object_store');
    const metrics = await (await call('GET', '/metrics')).text();
    expect(metrics).toMatch(/zerodb_files_damaged_copies_total\{store="object_store"\} [2-9]/);
  });

  it('fills a bucket that was deleted, or wiped, from the mirror; says of the rest that it is gone', async () => {
    const bytes = random(2 * MIB);
    await put('PUT', '/v1/files/mirrored/a', bytes);
    await put('PUT', '/v1/files/plain/b', random(2 * MIB));
    await emptyBucket(service, buckets[0] ?? '');
    expect(await get('/v1/files/mirrored/a')).toMatchObject({ status: 200, sha256: sha(bytes) });
    expect((await get('/v1/files/plain/b')).status).toBe(503);
    const { sha256 } = await put('PUT', '/v1/files/plain/new', bytes);
    expect(sha256).toBe(sha(bytes));
    await until('from home', async () => (await get('/v1/files/mirrored/a')).by === 'object_store');
  });

  it('leaves nothing behind: neither rows nor objects that nobody needs', async () => {
    for (let index = 0; index < 3; index += 1) await put('PUT', `/v1/files/plain/${index}`, random(9 * MIB));
    faulty.set('hole');
    await put('PUT', '/v1/files/plain/spooled', random(9 * MIB));
    faulty.set('none');
    expect((await call('DELETE', '/v1/buckets/plain?force=true')).status).toBe(204);
    const own = async (): Promise<number> =>
      (await objectsIn(service, buckets[0] ?? '')).filter(({ name }) => name.startsWith('p')).length;
    await until('all objects removed', async () => (await own()) === 0);
  });
});
