import { randomBytes } from 'node:crypto';
import { ObjectFolder } from '../../src/backup/object-folder';
import { S3FileStore } from '../../src/files/adapters/s3/s3.file-store';
import { openFolder } from '../support/backup';
import { emptyBucket, s3Services, type S3Service } from '../support/s3';
import { describeWith, services } from '../support/services';
import { describeBackup } from './backup.contract';

const onS3 = (service: S3Service) => async () => {
  const bucket = `zerodb-test-${randomBytes(6).toString('hex')}`;
  const store = new S3FileStore({ ...service, region: 'us-east-1', bucket });
  await Promise.resolve();
  return {
    objects: new ObjectFolder(store, 'some/prefix/', `s3://${bucket}/some/prefix`),
    drop: async () => {
      store.close();
      await emptyBucket(service, bucket);
    },
  };
};

describeBackup('embedded to a folder to embedded', ['embedded', 'embedded'], openFolder);

describeWith(services.postgresUrl)('with a Postgres server', () => {
  describeBackup('server to a folder to server', ['server', 'server'], openFolder);
  describeBackup('server to a folder to embedded', ['server', 'embedded'], openFolder);
});

for (const [name, service] of Object.entries(s3Services)) {
  describeWith(service && services.postgresUrl)(`with ${name}`, () => {
    if (service) describeBackup(`embedded to ${name} to server`, ['embedded', 'server'], onS3(service));
    else it('is not configured', () => undefined);
  });
}
