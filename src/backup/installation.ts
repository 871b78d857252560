import type { BackupSettings, Configuration, S3Settings } from '../config';
import type { SessionDatabase } from '../database/sessions/session-database';
import { createFileStores, type FileStores } from '../files/stores/file-stores';
import { readSecret } from './key';
import { openPlace } from './place';
import { BackupRepository } from './repository';
import { snapshotOfEmbedded, snapshotOfServer, type Snapshot } from './snapshot';

/** The stores of files as the settings describe them, without a registry to judge them: each call stands alone. */
export const fileStoresOf = (settings: Configuration, database: SessionDatabase): FileStores =>
  createFileStores(settings, database, () => undefined);

/** The instant of a database that this process opened for itself. */
export const snapshotOf = (database: SessionDatabase, instant?: Date): Promise<Snapshot> =>
  database.engine === 'server' ? snapshotOfServer(database) : snapshotOfEmbedded(database, instant);

/** The backups at a place, with the key of the settings. */
export async function withRepository<T>(
  settings: { readonly backup: BackupSettings; readonly s3: S3Settings },
  location: string,
  options: { readonly create?: boolean; readonly signal?: AbortSignal },
  work: (repository: BackupRepository) => Promise<T>,
): Promise<T> {
  const objects = openPlace(location, settings, options.signal);
  try {
    return await work(await BackupRepository.open(objects, await readSecret(settings.backup), options));
  } finally {
    objects.close();
  }
}
