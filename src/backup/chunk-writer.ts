import { messageOf } from '../common/message-of';
import type { BackupRepository } from './repository';
import type { PackEntry } from './pack-index';

/** Packs of this size: few enough objects, and small enough to hold some in memory. */
const PACK_BYTES = 4 * 1024 * 1024;
/** Packs that are sent while the next is filled. */
const MAX_SENDING = 3;

/** Sends what the store does not have. Memory is bounded: whoever adds waits while packs are being sent. */
export class ChunkWriter {
  sentBytes = 0;
  sentChunks = 0;
  private pieces: Buffer[] = [];
  private entries: PackEntry[] = [];
  private held = 0;
  private readonly here = new Set<string>();
  private readonly sending = new Set<Promise<void>>();
  private failure: Error | undefined;

  constructor(private readonly repository: BackupRepository) {}

  /** Returns the chunk's name. `compress` is false for what is compressed already. */
  async add(content: Buffer, compress = true): Promise<Buffer> {
    const { sealer, index } = this.repository;
    const name = sealer.nameOf(content);
    const key = name.toString('latin1');
    if (index.has(name) || this.here.has(key)) return name;
    const sealed = sealer.seal(name, content, compress);
    this.here.add(key);
    this.pieces.push(sealed);
    this.entries.push({ name, length: sealed.length });
    this.held += sealed.length;
    this.sentChunks += 1;
    if (this.held >= PACK_BYTES) await this.send();
    return name;
  }

  /** Resolves when all chunks are in the store. */
  async end(): Promise<void> {
    await this.send();
    await Promise.all(this.sending);
    this.mustBeGood();
  }

  private async send(): Promise<void> {
    if (this.entries.length === 0) return;
    const { pieces, entries } = this;
    [this.pieces, this.entries, this.held] = [[], [], 0];
    while (this.sending.size >= MAX_SENDING) await Promise.race(this.sending);
    this.mustBeGood();
    const sent = this.put(pieces, entries).finally(() => this.sending.delete(sent));
    this.sending.add(sent);
  }

  private async put(pieces: readonly Buffer[], entries: readonly PackEntry[]): Promise<void> {
    try {
      // Added after the wait: packs are sent side by side.
      const bytes = await this.repository.putPack(pieces, entries);
      this.sentBytes += bytes;
      for (const { name } of entries) this.here.delete(name.toString('latin1'));
    } catch (error) {
      this.failure ??= error instanceof Error ? error : new Error(messageOf(error));
    }
  }

  private mustBeGood(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
