import { ServiceFault } from '../../common/service-fault';
import type { StoreHandle } from '../stores/store-handle';
import { chunkCount, chunkLength, isChunk, storedLength, storedOffset, type BlobLayout } from './layout';
import { decompressFrame, prepareZstd } from './zstd';

/** The copy is not what was written: missing, shorter, or with other bytes. */
export class DamagedCopy extends Error {}

/** In pieces, as received: joining them would cost more than checking them. */
export interface Chunk {
  /** As stored. */
  readonly stored: readonly Buffer[];
  readonly content: readonly Buffer[];
}

/** One copy, read chunk by chunk over as few requests as possible. Every chunk is checked before it is returned. */
export class ChunkSource {
  private iterator: AsyncIterator<Buffer> | undefined;
  private at = -1;
  private left: Buffer = Buffer.alloc(0);

  constructor(
    private readonly handle: StoreHandle,
    private readonly key: string,
    private readonly layout: BlobLayout,
    /** The last chunk that will be requested. */
    private readonly last: number = chunkCount(layout) - 1,
  ) {}

  /** Rejects with `DamagedCopy`, or with the store's fault. `request` bounds the wait for this chunk. */
  async take(index: number, request?: AbortSignal): Promise<Chunk> {
    if (this.layout.encoding === 'zstd') await prepareZstd();
    try {
      const length = storedLength(this.layout, index);
      const stored = await this.handle.read(length, (signal) => this.read(index, length, signal), request);
      return { stored, content: this.checked(index, stored) };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { iterator } = this;
    this.iterator = undefined;
    this.at = -1;
    // Not awaited: a hung store would block here as well; its stream has its own time limit.
    void iterator?.return?.()?.catch(() => undefined);
    await Promise.resolve();
  }

  private async read(index: number, length: number, signal: AbortSignal): Promise<Buffer[]> {
    if (this.at !== index || !this.iterator) await this.open(index, signal);
    const { iterator } = this;
    const pieces = this.left.length > 0 ? [this.left] : [];
    let held = this.left.length;
    while (held < length) {
      const next = await iterator?.next();
      if (!next || next.done === true) throw new DamagedCopy(`${this.handle.name} has fewer bytes than were written.`);
      pieces.push(next.value);
      held += next.value.length;
    }
    const last = pieces.pop() ?? Buffer.alloc(0);
    const cut = last.length - (held - length);
    this.left = last.subarray(cut);
    this.at = index + 1;
    return [...pieces, last.subarray(0, cut)];
  }

  private async open(index: number, signal: AbortSignal): Promise<void> {
    const from = storedOffset(this.layout, index);
    const to = storedOffset(this.layout, this.last) + storedLength(this.layout, this.last);
    const bytes = await this.handle.store.read(this.key, from, to - from, signal);
    if (!bytes) throw new DamagedCopy(`${this.handle.name} does not have it.`);
    this.iterator = bytes[Symbol.asyncIterator]();
    this.left = Buffer.alloc(0);
    if (signal.aborted) {
      await this.close();
      throw new ServiceFault(this.handle.name, 'timeout', 'The read was cancelled while it was opening.');
    }
  }

  private checked(index: number, stored: readonly Buffer[]): readonly Buffer[] {
    const content = this.layout.encoding === 'zstd' ? decompressed(stored) : stored;
    const isWhole = lengthOf(content) === chunkLength(this.layout, index);
    if (!isWhole || !isChunk(this.layout, index, content)) {
      throw new DamagedCopy(`${this.handle.name} has other bytes than were written.`);
    }
    return content;
  }
}

/** `undefined` if it is not one of our frames. */
const decompressed = (stored: readonly Buffer[]): readonly Buffer[] => {
  const content = decompressFrame(Buffer.concat(stored));
  return content ? [content] : [];
};

const lengthOf = (pieces: readonly Buffer[]): number => pieces.reduce((sum, { length }) => sum + length, 0);
