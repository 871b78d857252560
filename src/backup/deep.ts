import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { connectDatabase } from '../database/open-database';
import { FilesystemFileStore } from '../files/adapters/filesystem/filesystem.file-store';
import { FileStores } from '../files/stores/file-stores';
import { StoreHandle } from '../files/stores/store-handle';
import type { BackupRepository } from './repository';
import { presentData, restoreBackup, type RestoreOptions } from './restore';
import type { Summary } from './summary';

/** Restores into an embedded database in a temporary folder, counts its rows, and removes it. */
export async function restoreForTrial(
  repository: BackupRepository,
  id: string,
  folder: string,
  options: Pick<RestoreOptions, 'signal' | 'onProgress'> = {},
): Promise<readonly string[]> {
  const dataDir = await mkdtemp(path.join(folder, 'zerodb-backup-trial-'));
  try {
    const database = await connectDatabase({ engine: 'embedded', dataDir, durability: 'process' });
    try {
      const files = new FilesystemFileStore(path.join(dataDir, 'files'));
      const stores = new FileStores([new StoreHandle('filesystem', files)]);
      const summary = await restoreBackup(repository, id, { database, stores }, options);
      return differences(summary, await presentData(database));
    } finally {
      await database.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Tables whose restored rows are not as many as the backup says. */
function differences({ rows }: Summary, present: Awaited<ReturnType<typeof presentData>>): string[] {
  const counted = new Map(present.map(({ table, rows: count }) => [table, count]));
  return Object.entries(rows)
    .filter(([table, expected]) => counted.has(table) && table !== 'zerodb_projects' && counted.get(table) !== expected)
    .map(([table, expected]) => `${table} has ${counted.get(table) ?? 0} rows instead of ${expected}.`);
}
