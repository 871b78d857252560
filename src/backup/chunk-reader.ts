import { sha256Of } from '../common/sha256';
import { BackupDamaged } from './faults';
import type { BackupRepository } from './repository';

/** Packs held in memory. Chunks lie in the order in which they were written, so few are enough. */
const MAX_PACKS = 8;

/** Reads chunks by their names. Everything is checked. */
export class ChunkReader {
  private readonly packs = new Map<string, Buffer>();

  constructor(private readonly repository: BackupRepository) {}

  /** Throws `BackupDamaged` for a chunk that is missing, or not what was written. */
  async read(name: Buffer): Promise<Buffer> {
    const place = this.repository.index.find(name);
    if (!place) throw new BackupDamaged(`The chunk ${name.toString('hex')} is not in the store.`);
    const pack = await this.pack(place.pack);
    return this.repository.sealer.open(name, pack.subarray(place.offset, place.offset + place.length));
  }

  async *all(names: Iterable<Buffer>): AsyncGenerator<Buffer> {
    for (const name of names) yield await this.read(name);
  }

  private async pack(name: string): Promise<Buffer> {
    const known = this.packs.get(name);
    if (known) return known;
    const bytes = await this.repository.getPack(name);
    if (!bytes) throw new BackupDamaged(`The pack packs/${name} is gone.`);
    if (sha256Of(bytes).toString('hex') !== name)
      throw new BackupDamaged(`The pack packs/${name} has other bytes than were written.`);
    const [oldest] = this.packs.keys();
    if (this.packs.size >= MAX_PACKS && oldest !== undefined) this.packs.delete(oldest);
    this.packs.set(name, bytes);
    return bytes;
  }
}
