import { sha256Of } from '../common/sha256';
import type { BackupProgress } from './create';
import { ChunkIndex } from './pack-index';
import type { BackupRepository } from './repository';
import { allNames, namesIn, type Manifest, type MissingFile, type Summary } from './summary';

export interface VerifyReport {
  readonly summary: Summary;
  readonly packs: number;
  readonly chunks: number;
  /** What is damaged or gone, each with its name and the tables that it is part of. */
  readonly faults: readonly string[];
  /** Files that had no bytes when the backup was made. */
  readonly missing: readonly MissingFile[];
}

/** Reads every chunk of a backup and checks all hashes and signatures. Throws where its summary or manifest is damaged. */
export async function verifyBackup(
  repository: BackupRepository,
  id: string,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (progress: BackupProgress) => void } = {},
): Promise<VerifyReport> {
  const lock = await repository.lock('shared');
  try {
    const summary = await repository.summary(id);
    const manifest = await repository.manifest(summary);
    const indexes = await repository.loadIndex();
    const check = new Check(repository, manifest, options);
    const faults = await check.run();
    // An index matters only to the backups that need its chunks; those name them as not in the store.
    const about = faults.length === 0 ? [] : indexFaults(indexes);
    const { missing } = manifest.files;
    return { summary, packs: check.packs, chunks: check.chunks, faults: [...about, ...faults], missing };
  } finally {
    await lock.release();
  }
}

const indexFaults = ({ damaged, withoutPack }: Awaited<ReturnType<BackupRepository['loadIndex']>>): string[] => [
  ...damaged.map((name) => `The index index/${name} has other bytes than were written.`),
  ...withoutPack.map((name) => `The pack packs/${name} is gone or has another length than was written.`),
];

/** One check of a backup's chunks, pack by pack: each pack is read once. */
class Check {
  packs = 0;
  chunks = 0;
  private bytes = 0;
  private readonly faults: string[] = [];

  constructor(
    private readonly repository: BackupRepository,
    private readonly manifest: Manifest,
    private readonly options: NonNullable<Parameters<typeof verifyBackup>[2]>,
  ) {}

  async run(): Promise<string[]> {
    for (const [pack, names] of this.byPack()) {
      this.options.signal?.throwIfAborted();
      await this.pack(pack, names);
      this.packs += 1;
      this.options.onProgress?.({ bytes: this.bytes, now: pack.slice(0, 8) });
    }
    return this.faults;
  }

  private byPack(): Map<string, Buffer[]> {
    const seen = new ChunkIndex();
    const packs = new Map<string, Buffer[]>();
    const lost: Buffer[] = [];
    for (const name of allNames(this.manifest)) {
      if (seen.has(name)) continue;
      seen.add('', [{ name, length: 0 }]);
      this.chunks += 1;
      const place = this.repository.index.find(name);
      if (!place) lost.push(name);
      else if (!packs.get(place.pack)?.push(name)) packs.set(place.pack, [name]);
    }
    for (const name of lost)
      this.faults.push(`The chunk ${name.toString('hex')} is not in the store${this.of([name])}.`);
    return packs;
  }

  private async pack(pack: string, names: readonly Buffer[]): Promise<void> {
    const bytes = await this.repository.getPack(pack);
    if (!bytes) {
      this.faults.push(`The pack packs/${pack} is gone${this.of(names)}.`);
      return;
    }
    this.bytes += bytes.length;
    const bad = names.filter((name) => !this.isGood(name, bytes));
    if (bad.length > 0 || sha256Of(bytes).toString('hex') !== pack)
      this.faults.push(`The pack packs/${pack} has other bytes than were written${this.of(bad)}.`);
  }

  private isGood(name: Buffer, pack: Buffer): boolean {
    const { offset = 0, length = 0 } = this.repository.index.find(name) ?? {};
    try {
      this.repository.sealer.open(name, pack.subarray(offset, offset + length));
      return true;
    } catch {
      return false;
    }
  }

  /** The tables that these chunks are part of. */
  private of(names: readonly Buffer[]): string {
    const wanted = new Set(names.map((name) => name.toString('latin1')));
    const isIn = (chunks: string): boolean => namesIn(chunks).some((name) => wanted.has(name.toString('latin1')));
    const tables = this.manifest.sections
      .filter(({ chunks }) => isIn(chunks))
      .map(({ table, collection }) => (collection === undefined ? table : `${table} of collection ${collection}`));
    const all = isIn(this.manifest.files.chunks) ? [...tables, 'files'] : tables;
    return all.length === 0 ? '' : `, a part of ${all.join(', ')}`;
  }
}
