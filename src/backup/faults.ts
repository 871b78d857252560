import { ZeroDbError } from '../common/errors';

/** What is in the store is not what was written there. */
export class BackupDamaged extends ZeroDbError {
  constructor(message: string, cause?: unknown) {
    super('backup_damaged', 500, message, { cause });
    this.name = 'BackupDamaged';
  }
}

export const wrongKey = (message: string): ZeroDbError => new ZeroDbError('backup_key', 403, message);

/** Not found, or not finished: an interrupted backup has no summary. */
export const noBackup = (message: string): ZeroDbError => new ZeroDbError('not_found', 404, message);

/** The backup is of another version. */
export const otherVersion = (message: string): ZeroDbError => new ZeroDbError('backup_version', 422, message);
