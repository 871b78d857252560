import { BackupDamaged } from './faults';
import type { BackupRepository } from './repository';
import type { Summary } from './summary';

/** One damaged summary does not hide the others. */
export async function summariesOf(
  repository: BackupRepository,
): Promise<{ readonly backups: readonly Summary[]; readonly damaged: readonly string[] }> {
  const [backups, damaged]: [Summary[], string[]] = [[], []];
  for (const id of await repository.ids()) {
    try {
      backups.push(await repository.summary(id));
    } catch (error) {
      if (!(error instanceof BackupDamaged)) throw error;
      damaged.push(error.message);
    }
  }
  return { backups, damaged };
}
