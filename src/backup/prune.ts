import { BackupDamaged } from './faults';
import { NameSet, readIndex } from './pack-index';
import type { BackupRepository } from './repository';
import { allNames, type Summary } from './summary';

export interface KeepRules {
  /** The newest backups that are kept. */
  readonly last?: number | undefined;
  /** The newest backup of each of so many days (UTC) is kept. */
  readonly daily?: number | undefined;
}

export interface PruneReport {
  readonly kept: readonly string[];
  readonly removed: readonly string[];
  /** Packs that no remaining backup needs, and their bytes. */
  readonly packs: number;
  readonly bytes: number;
}

/** The backups that the rules keep, of all, the oldest first. */
export function keptOf(summaries: readonly Pick<Summary, 'id' | 'instant'>[], rules: KeepRules): Set<string> {
  const newestFirst = [...summaries].reverse();
  const kept = new Set(newestFirst.slice(0, rules.last ?? 0).map(({ id }) => id));
  const days = new Set<string>();
  for (const { id, instant } of newestFirst) {
    const day = instant.slice(0, 10);
    if (days.has(day) || days.size >= (rules.daily ?? 0)) continue;
    days.add(day);
    kept.add(id);
  }
  return kept;
}

/**
 * Removes the other backups, then the packs that no remaining one needs. Runs alone: while a backup is made or read, it
 * is refused. Stops before it removes anything when a remaining backup cannot be read: what that one needs is not known.
 */
export async function prune(
  repository: BackupRepository,
  rules: KeepRules,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<PruneReport> {
  const lock = await repository.lock('exclusive');
  try {
    const summaries: Summary[] = [];
    for (const id of await repository.ids()) summaries.push(await readable(id, repository.summary(id)));
    const kept = keptOf(summaries, rules);
    const removed = summaries.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
    const needed = await neededBy(
      repository,
      summaries.filter(({ id }) => kept.has(id)),
    );
    const unused = await unusedPacks(repository, needed);
    const report = {
      kept: [...kept].sort(),
      removed,
      packs: unused.length,
      bytes: sum(unused.map(({ size }) => size)),
    };
    if (dryRun) return report;
    for (const id of removed) {
      lock.mustHold();
      await repository.removeBackup(id);
    }
    for (const { name } of unused) {
      lock.mustHold();
      // The index first: a pack that is not listed is used by nobody.
      await repository.objects.remove(`index/${name}`);
      await repository.objects.remove(`packs/${name}`);
    }
    await removeStrays(repository, new Set(kept));
    return report;
  } finally {
    await lock.release();
  }
}

async function readable<T>(id: string, reading: Promise<T>): Promise<T> {
  return await reading.catch((error: unknown) => {
    if (!(error instanceof BackupDamaged)) throw error;
    throw new BackupDamaged(
      `${error.message} Nothing was removed, as it is not known what this backup needs. To give it up, remove the object backups/${id} from the store.`,
      error,
    );
  });
}

async function neededBy(repository: BackupRepository, summaries: readonly Summary[]): Promise<NameSet> {
  const needed = new NameSet();
  for (const summary of summaries) {
    const manifest = await readable(summary.id, repository.manifest(summary));
    for (const name of allNames(manifest)) needed.add(name);
  }
  return needed;
}

/** Packs without a needed chunk, and those without an index: an interrupted backup left them. A damaged index keeps its pack. */
async function unusedPacks(
  repository: BackupRepository,
  needed: NameSet,
): Promise<{ readonly name: string; readonly size: number }[]> {
  const used = new Set<string>();
  for (const { name } of await repository.objects.list('index')) {
    const entries = readIndex((await repository.objects.get(`index/${name}`)) ?? Buffer.alloc(0));
    if (!entries || entries.some((entry) => needed.has(entry.name))) used.add(name);
  }
  return (await repository.objects.list('packs')).filter(({ name }) => !used.has(name));
}

/** Manifests whose summary was never written. */
async function removeStrays(repository: BackupRepository, kept: ReadonlySet<string>): Promise<void> {
  for (const { name } of await repository.objects.list('manifests'))
    if (!kept.has(name)) await repository.objects.remove(`manifests/${name}`);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
