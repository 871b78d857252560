import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FilesystemFileStore } from '../../src/files/adapters/filesystem/filesystem.file-store';
import { S3FileStore } from '../../src/files/adapters/s3/s3.file-store';
import { SpoolFileStore } from '../../src/files/adapters/spool/spool.file-store';
import { openTestDatabase } from '../support/database';
import { s3Services, emptyBucket, type S3Service } from '../support/s3';
import { describeWith, services } from '../support/services';
import { describeFileStore, type FileStoreUnderTest } from './file-store.contract';

describeFileStore('a folder', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'zerodb-files-'));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  return { store: new FilesystemFileStore(folder), close };
});

const spoolOn = async (engine: 'embedded' | 'server'): Promise<FileStoreUnderTest> => {
  const { database, drop } = await openTestDatabase(engine);
  const options = { fileBytes: 64 * 1024 * 1024, totalBytes: 1024 * 1024 * 1024 };
  return { store: new SpoolFileStore(database, options), close: drop };
};

describeFileStore('the spool in an embedded Postgres', () => spoolOn('embedded'));
describeWith(services.postgresUrl)('with a Postgres server', () => {
  describeFileStore('the spool', () => spoolOn('server'));
});

const onS3 = (service: S3Service) => async (): Promise<FileStoreUnderTest> => {
  const bucket = `zerodb-test-${randomBytes(6).toString('hex')}`;
  await Promise.resolve();
  return {
    store: new S3FileStore({ ...service, region: 'us-east-1', bucket }),
    close: () => emptyBucket(service, bucket),
  };
};

for (const [name, service] of Object.entries(s3Services)) {
  describeWith(service)(`with ${name}`, () => {
    if (service) describeFileStore(name, onS3(service));
    else it('is not there', () => undefined);
  });
}
