import { createHash, randomBytes } from 'node:crypto';
import type { Client } from 'minio';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { clientOf } from '../support/http';
import { emptyBucket, firstS3, objectsIn } from '../support/s3';
import { createS3Key, minioClient } from '../support/s3-dialect';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';
import { ToxicProxy } from '../support/toxiproxy';

const { postgresUrl, toxiproxyUrl = '' } = services;
const md5 = (content: Buffer): string => createHash('md5').update(content).digest('hex');

const contentOf = async (client: Client, name: string): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of await client.getObject('box', name)) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
};

/** Real: Postgres on a server, MinIO behind a proxy, MinIO's own client. */
describeWith(postgresUrl && toxiproxyUrl && firstS3)('a client of S3 while the object store is gone', () => {
  const bucket = `zerodb-test-${randomBytes(6).toString('hex')}`;
  let database: TestDatabase;
  let store: ToxicProxy;
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    if (!firstS3) throw new Error('An S3 server is needed.');
    database = await openTestDatabase('server');
    if (database.options.engine !== 'server') throw new Error('A server was asked for.');
    store = await ToxicProxy.create(toxiproxyUrl, new URL(firstS3.endpoint).host);
    const port = await freePort();
    server = await startServer({
      ZERODB_POSTGRES_URL: database.options.url,
      ZERODB_S3_ENDPOINT: `http://${store.address}`,
      ZERODB_S3_ACCESS_KEY: firstS3.accessKey,
      ZERODB_S3_SECRET_KEY: firstS3.secretKey,
      ZERODB_S3_BUCKET: bucket,
      ZERODB_S3_DIALECT_PORT: String(port),
    });
    client = minioClient(port, await createS3Key(clientOf(server.url), server.rootKey));
    await client.makeBucket('box');
  });
  afterAll(async () => {
    await server?.stop();
    await Promise.all([store?.remove(), database?.drop()]);
    if (firstS3) await emptyBucket(firstS3, bucket);
  });

  it('writes on, reads what it wrote, and what it wrote comes home', async () => {
    const contents = new Map<string, Buffer>();
    const put = async (name: string): Promise<void> => {
      const content = randomBytes(200_000);
      expect((await client.putObject('box', name, content)).etag).toBe(md5(content));
      contents.set(name, content);
    };
    const readAll = async (): Promise<void> => {
      for (const [name, content] of contents) {
        expect((await client.statObject('box', name)).etag).toBe(md5(content));
        // What lies in the store alone cannot be read while it is gone.
        if (name.startsWith('gone')) expect((await contentOf(client, name)).equals(content)).toBe(true);
      }
    };
    for (let at = 0; at < 5; at += 1) await put(`before-${at}`);
    await store.setEnabled(false);
    try {
      for (let at = 0; at < 15; at += 1) await put(`gone-${at}`);
      await readAll();
    } finally {
      await store.setEnabled(true);
    }
    const home = async (): Promise<number> =>
      firstS3 ? (await objectsIn(firstS3, bucket)).filter(({ size }) => size === 200_000).length : 0;
    await eventually(home, (count) => count >= contents.size, 40_000);
    for (const [name, content] of contents) expect((await contentOf(client, name)).equals(content)).toBe(true);
  }, 120_000);
});
