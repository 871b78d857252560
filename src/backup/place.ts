import path from 'node:path';
import { invalidAt } from '../common/errors';
import { PeerTls } from '../common/tls';
import type { BackupSettings, S3Settings } from '../config';
import { FilesystemFileStore } from '../files/adapters/filesystem/filesystem.file-store';
import { S3FileStore } from '../files/adapters/s3/s3.file-store';
import { ObjectFolder } from './object-folder';

const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9/_.-]{0,512}))?$/;

/**
 * Where backups are: a folder, or `s3://bucket/prefix` at the endpoint of `ZERODB_BACKUP_S3_…`, or of `ZERODB_S3_…` where
 * that is not set.
 */
export function openPlace(
  location: string,
  settings: { readonly backup: BackupSettings; readonly s3: S3Settings },
  signal?: AbortSignal,
): ObjectFolder {
  if (!location.includes('://'))
    return new ObjectFolder(new FilesystemFileStore(path.resolve(location)), '', location, signal);
  const [, bucket, prefix = ''] = S3_URL.exec(location) ?? [];
  if (bucket === undefined) throw invalidAt('location', `"${location}" is neither a folder nor s3://bucket/prefix.`);
  const { backup, s3 } = settings;
  const own = backup.s3Endpoint === undefined ? undefined : backup;
  const endpoint = own?.s3Endpoint ?? s3.endpoint;
  if (endpoint === undefined)
    throw invalidAt('location', `For "${location}" set ZERODB_BACKUP_S3_ENDPOINT, _ACCESS_KEY and _SECRET_KEY.`);
  const store = new S3FileStore({
    endpoint,
    accessKey: (own ? own.s3AccessKey : s3.accessKey) ?? '',
    secretKey: (own ? own.s3SecretKey : s3.secretKey) ?? '',
    region: own ? own.s3Region : s3.region,
    bucket,
    tls: PeerTls.of(own ? { caFile: own.s3CaFile } : s3),
  });
  const below = prefix.replace(/\/$/, '');
  return new ObjectFolder(store, below === '' ? '' : `${below}/`, location, signal);
}
