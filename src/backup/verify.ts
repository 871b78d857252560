import { sha256Of } from '../common/sha256';
import type { BackupProgress } from './create';
import { NameSet } from './pack-index';
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

interface Fault {
  readonly text: string;
  /** The chunks that are damaged or gone by it. */
  readonly names: readonly Buffer[];
}

/** How many lost chunks are named. */
const MAX_NAMED = 20;

/** One check of a backup's chunks, pack by pack: each pack is read once. */
class Check {
  packs = 0;
  chunks = 0;
  private bytes = 0;
  private readonly faults: Fault[] = [];

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
    return this.described();
  }

  private byPack(): Map<string, Buffer[]> {
    const seen = new NameSet();
    const packs = new Map<string, Buffer[]>();
    const lost: Buffer[] = [];
    for (const name of allNames(this.manifest)) {
      if (!seen.add(name)) continue;
      this.chunks += 1;
      const place = this.repository.index.find(name);
      if (!place) lost.push(name);
      else if (!packs.get(place.pack)?.push(name)) packs.set(place.pack, [name]);
    }
    if (lost.length > 0) this.faults.push({ text: lostChunks(lost), names: lost });
    return packs;
  }

  private async pack(pack: string, names: readonly Buffer[]): Promise<void> {
    const bytes = await this.repository.getPack(pack);
    if (!bytes) {
      this.faults.push({ text: `The pack packs/${pack} is gone`, names });
      return;
    }
    this.bytes += bytes.length;
    const bad = names.filter((name) => !this.isGood(name, bytes));
    if (bad.length > 0 || sha256Of(bytes).toString('hex') !== pack)
      this.faults.push({ text: `The pack packs/${pack} has other bytes than were written`, names: bad });
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

  /** Each fault with the tables that its chunks are part of: one pass over the manifest, however many there are. */
  private described(): string[] {
    const faultOf = new Map(
      this.faults.flatMap((fault) => fault.names.map((name) => [name.toString('latin1'), fault])),
    );
    const tables = new Map(this.faults.map((fault) => [fault, new Set<string>()]));
    for (const { label, chunks } of faultOf.size > 0 ? partsOf(this.manifest) : [])
      for (const name of namesIn(chunks)) {
        const fault = faultOf.get(name.toString('latin1'));
        if (fault) tables.get(fault)?.add(label);
      }
    return this.faults.map((fault) => {
      const all = [...(tables.get(fault) ?? [])];
      return all.length === 0 ? `${fault.text}.` : `${fault.text}, a part of ${all.join(', ')}.`;
    });
  }
}

const partsOf = ({ sections, files }: Manifest): { readonly label: string; readonly chunks: string }[] => [
  ...sections.map(({ table, collection, chunks }) => ({
    label: collection === undefined ? table : `${table} of collection ${collection}`,
    chunks,
  })),
  { label: 'files', chunks: files.chunks },
];

function lostChunks(names: readonly Buffer[]): string {
  const named = names.slice(0, MAX_NAMED).map((name) => name.toString('hex'));
  if (names.length === 1) return `The chunk ${named.join()} is not in the store`;
  const more = names.length - named.length;
  return `The chunks ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''} are not in the store`;
}
